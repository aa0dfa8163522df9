from dataclasses import dataclass, fields
@dataclass
class X:
    a: int = 0
fields(X)[0].name = payload()
