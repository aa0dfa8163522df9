from typing import NamedTuple, Iterator, Optional
from collections import namedtuple, deque
import pandas as pd

class Level(NamedTuple):
    low: float
    high: float

    def contains(self, price: float) -> bool:
        return self.low <= price <= self.high

Trade = namedtuple("Trade", ["side", "entry"])

def levels(bars: pd.DataFrame, n: int) -> Iterator[Optional[Level]]:
    window: deque = deque(maxlen=n)
    for row in bars.itertuples():
        yield Level(min(r.low for r in window), max(r.high for r in window)) if len(window) == n else None
        window.append(row)

def generate_signals(bars):
    trade = Trade(0.0, None)
    out = []
    for level, price in zip(levels(bars, 20), bars["close"]):
        if level is not None and not level.contains(price):
            trade = trade._replace(side=1.0 if price > level.high else -1.0, entry=price)
        out.append(trade.side)
    return pd.Series(out, index=bars.index, dtype=float)
