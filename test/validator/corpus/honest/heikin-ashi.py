"""Follows the colour of smoothed candles."""
import numpy as np
import pandas as pd


def heikin_ashi(bars):
    close = (bars["open"] + bars["high"] + bars["low"] + bars["close"]) / 4
    opens = np.empty(len(bars))
    opens[0] = (bars["open"].iloc[0] + bars["close"].iloc[0]) / 2
    values = close.to_numpy()
    for at in range(1, len(bars)):
        opens[at] = (opens[at - 1] + values[at - 1]) / 2
    return pd.Series(opens, index=bars.index), close


def generate_signals(bars):
    opened, closed = heikin_ashi(bars)
    green = (closed > opened).astype(float)
    streak = green.rolling(3).sum()
    return (streak == 3).astype(float) - (streak == 0).astype(float)
