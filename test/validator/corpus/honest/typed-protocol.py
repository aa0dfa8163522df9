from __future__ import annotations

from typing import Callable, Iterable, NamedTuple, Protocol, TypeVar

import pandas as pd

T = TypeVar("T", bound="Indicator")


class Indicator(Protocol):
    def __call__(self, close: pd.Series) -> pd.Series: ...


class Weighted(NamedTuple):
    indicator: Indicator
    weight: float


def momentum(window: int) -> Callable[[pd.Series], pd.Series]:
    def compute(close: pd.Series) -> pd.Series:
        return (close / close.shift(window) - 1.0).fillna(0.0)

    return compute


def combine(parts: Iterable[Weighted], close: pd.Series) -> pd.Series:
    total = close * 0.0
    for part in parts:
        total = total + part.weight * part.indicator(close)
    return total


def generate_signals(bars: pd.DataFrame) -> pd.Series:
    parts = [Weighted(momentum(20), 0.5), Weighted(momentum(60), 0.5)]
    return (combine(parts, bars["close"]) * 10).clip(-1.0, 1.0)
