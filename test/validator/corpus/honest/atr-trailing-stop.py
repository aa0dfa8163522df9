import numpy as np
import pandas as pd


def true_range(bars):
    previous = bars["close"].shift()
    parts = pd.concat(
        [bars["high"] - bars["low"], (bars["high"] - previous).abs(), (bars["low"] - previous).abs()], axis=1
    )
    return parts.max(axis=1)


def generate_signals(bars):
    atr = true_range(bars).rolling(14).mean().to_numpy()
    close = bars["close"].to_numpy()
    trend = bars["close"].rolling(50).mean().to_numpy()
    position = np.zeros(len(close))
    stop = -np.inf
    for i in range(1, len(close)):
        if np.isnan(atr[i]) or np.isnan(trend[i]):
            continue
        if position[i - 1] == 0 and close[i] > trend[i]:
            position[i] = 1.0
            stop = close[i] - 3 * atr[i]
        elif position[i - 1] == 1.0:
            stop = max(stop, close[i] - 3 * atr[i])
            position[i] = 0.0 if close[i] < stop else 1.0
    return pd.Series(position, index=bars.index)
