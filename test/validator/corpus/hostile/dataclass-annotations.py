from dataclasses import dataclass
@dataclass
class X:
    __annotations__[payload()] = int
