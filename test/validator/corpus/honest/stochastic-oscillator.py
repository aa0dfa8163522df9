import pandas as pd


def generate_signals(bars):
    lowest = bars["low"].rolling(14).min()
    highest = bars["high"].rolling(14).max()
    k = 100 * (bars["close"] - lowest) / (highest - lowest)
    d = k.rolling(3).mean()
    entry = (k > d) & (k.shift(1) <= d.shift(1)) & (k < 30)
    leave = (k < d) & (k > 70)
    state = pd.Series(None, index=bars.index, dtype="float64")
    state = state.mask(entry, 1.0).mask(leave, 0.0)
    return state.ffill().fillna(0.0)
