from dataclasses import dataclass
class M(type):
    def __new__(cls, name, bases, space):
        space["".join(map(chr, codes()))] = {payload(): int}
        return super().__new__(cls, name, bases, space)
@dataclass
class X(metaclass=M): ...
