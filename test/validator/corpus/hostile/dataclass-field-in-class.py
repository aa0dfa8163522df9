from dataclasses import dataclass, field
@dataclass
class X:
    kept = [a := field(default=0)]
    a: int = a
X.kept[0].name = payload()
