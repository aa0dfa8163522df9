import enum
class E(enum.Enum):
    X = enum.member(eval)
E.X.value("1")
