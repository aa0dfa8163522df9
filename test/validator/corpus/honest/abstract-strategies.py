from abc import ABC, abstractmethod
from functools import reduce

import pandas as pd


class Strategy(ABC):
    @abstractmethod
    def positions(self, bars: pd.DataFrame) -> pd.Series:
        """Target positions, one per bar."""

    def __repr__(self):
        return f"{self.__class__.__name__}()"


class Trend(Strategy):
    def positions(self, bars):
        return (bars["close"] > bars["close"].rolling(50).mean()).astype(float)


class Calm(Strategy):
    def positions(self, bars):
        volatility = bars["close"].pct_change().rolling(20).std()
        return (volatility < volatility.rolling(100).median()).astype(float)


def generate_signals(bars):
    parts = [strategy.positions(bars) for strategy in (Trend(), Calm())]
    return reduce(lambda left, right: left * right, parts)
