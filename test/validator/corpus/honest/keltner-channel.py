"""Breaks out of a channel of the average true range around an exponential average."""
import numpy as np
import pandas as pd

WARMUP_BARS = 40


def true_range(bars: pd.DataFrame) -> pd.Series:
    before = bars["close"].shift(1)
    spans = pd.concat([bars["high"] - bars["low"], (bars["high"] - before).abs(), (bars["low"] - before).abs()], axis=1)
    return spans.max(axis=1)


def generate_signals(bars: pd.DataFrame) -> pd.Series:
    middle = bars["close"].ewm(span=20, adjust=False).mean()
    width = 2 * true_range(bars).rolling(20).mean()
    position = pd.Series(np.nan, index=bars.index)
    position[bars["close"] > middle + width] = 1.0
    position[bars["close"] < middle - width] = -1.0
    position[(bars["close"] - middle).abs() < 0.2 * width] = 0.0
    return position.ffill().fillna(0.0)
