from dataclasses import dataclass
dataclass(type(int)("X", (), namespace()))
