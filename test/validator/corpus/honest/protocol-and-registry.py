from abc import ABC, abstractmethod
from typing import Callable, Dict, Protocol, TypeVar, Generic, runtime_checkable
import pandas as pd

T = TypeVar("T")

@runtime_checkable
class Rule(Protocol):
    def score(self, bars: pd.DataFrame) -> pd.Series: ...

class Base(ABC, Generic[T]):
    def __init__(self, value: T) -> None:
        self._value = value

    @abstractmethod
    def score(self, bars): ...

    def __repr__(self):
        return f"{type(self).__name__}({self._value!r})"

RULES: Dict[str, Callable[..., Base]] = {}

def rule(name):
    def register(cls):
        RULES[name] = cls
        return cls
    return register

@rule("momentum")
class Momentum(Base[int]):
    def score(self, bars):
        return (bars["close"] > bars["close"].shift(self._value)).astype(float)

@rule("breakout")
class Breakout(Base[int]):
    def score(self, bars):
        return (bars["close"] > bars["high"].rolling(self._value).max().shift(1)).astype(float)

def generate_signals(bars):
    rules = [RULES["momentum"](60), RULES["breakout"](20)]
    total = sum(rule.score(bars) for rule in rules)
    return (total / len(rules)).fillna(0.0)
