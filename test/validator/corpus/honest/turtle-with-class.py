from dataclasses import dataclass, field
from typing import List, Optional

import pandas as pd


@dataclass
class Turtle:
    entry: int = 20
    exit: int = 10
    _history: List[float] = field(default_factory=list)
    _stop: Optional[float] = None

    def step(self, open: float, high: float, low: float, close: float) -> float:
        self._history.append(close)
        if len(self._history) <= self.entry:
            return 0.0
        window = self._history[-self.entry - 1 : -1]
        if close > max(window):
            self._stop = min(self._history[-self.exit :])
            return 1.0
        if self._stop is not None and low < self._stop:
            self._stop = None
            return 0.0
        return 1.0 if self._stop is not None else 0.0


def generate_signals(bars):
    turtle = Turtle()
    rows = bars[["open", "high", "low", "close"]].itertuples(index=False)
    return pd.Series([turtle.step(row.open, row.high, row.low, row.close) for row in rows], index=bars.index)
