from dataclasses import dataclass
dataclass(type(type(1))("X", (), space()))
