from dataclasses import dataclass, field
kept = field(default=0)
@dataclass
class X:
    a: int = kept
kept.name = "a=" + payload()
@dataclass
class Y(X):
    b: int = 0
