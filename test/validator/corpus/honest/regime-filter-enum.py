from enum import Enum

import pandas as pd


class Regime(Enum):
    BULL = 1
    BEAR = -1
    FLAT = 0

    @property
    def exposure(self) -> float:
        return {Regime.BULL: 1.0, Regime.BEAR: -0.5, Regime.FLAT: 0.0}[self]


def classify(close: float, average: float, slope: float) -> Regime:
    if close > average and slope > 0:
        return Regime.BULL
    if close < average and slope < 0:
        return Regime.BEAR
    return Regime.FLAT


def generate_signals(bars):
    average = bars["close"].rolling(100, min_periods=100).mean()
    slope = average.diff(5)
    return pd.Series(
        [classify(c, a, s).exposure for c, a, s in zip(bars["close"], average, slope)], index=bars.index
    )
