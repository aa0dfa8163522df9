from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterable
import pandas as pd


@dataclass
class Regime:
    name: str
    weight: float
    notes: list[str] = field(default_factory=list)


REGIMES = [Regime("bull", 1.0), Regime("bear", -0.5), Regime("flat", 0.0)]


def pick(names: Iterable[str]) -> list[float]:
    table = {regime.name: regime.weight for regime in REGIMES}
    return [table.get(name, 0.0) for name in names]


def generate_signals(bars: pd.DataFrame) -> pd.Series:
    change = bars["close"].pct_change(60)
    names = ["bull" if value > 0.05 else "bear" if value < -0.05 else "flat" for value in change]
    return pd.Series(pick(names), index=bars.index)
