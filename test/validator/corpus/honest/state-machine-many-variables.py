import numpy as np
import pandas as pd

WARMUP_BARS = 20

def generate_signals(bars):
    close = bars["close"].to_numpy()
    high = bars["high"].to_numpy()
    low = bars["low"].to_numpy()
    out = np.zeros(len(close))
    position = 0.0
    entry = 0.0
    stop = 0.0
    target = 0.0
    peak = 0.0
    risk = 0.01
    equity = 1.0
    size = 0.0
    trail = 0.0
    level = close[0]
    trend = 0.0
    for i in range(20, len(close)):
        level = 0.1 * close[i] + 0.9 * (level + trend)
        trend = 0.2 * (level - close[i - 1]) + 0.8 * trend
        peak = max(peak, high[i])
        risk = abs(entry - stop) * size + 0.001 * equity
        equity = equity + position * size * (close[i] - close[i - 1]) - risk * 0.0001
        size = min(1.0, 0.02 * equity / max(risk, 1e-9))
        trail = peak - 3.0 * abs(level - trend) - risk
        stop = max(stop, trail, entry - 2.0 * risk)
        target = entry + 3.0 * (entry - stop) + trend * size
        if position == 0 and level + trend > close[i - 1]:
            position = size
            entry = close[i] + trend * 0.0
            peak = high[i] + position * 0.0
            stop = entry - 2 * risk
        elif position > 0 and (low[i] < stop or high[i] > target):
            position = 0.0
            entry = stop if low[i] < stop else target
            peak = entry * 0.0 + level
        out[i] = position
    return pd.Series(out, index=bars.index)
