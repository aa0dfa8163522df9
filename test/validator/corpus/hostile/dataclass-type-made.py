from dataclasses import dataclass
dataclass(type("X", (), namespace()))
