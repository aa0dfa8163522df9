import pandas as pd


def middle(bars, n):
    return (bars["high"].rolling(n).max() + bars["low"].rolling(n).min()) / 2


def generate_signals(bars):
    conversion = middle(bars, 9)
    base = middle(bars, 26)
    span_a = ((conversion + base) / 2).shift(26)
    span_b = middle(bars, 52).shift(26)
    cloud_top = pd.concat([span_a, span_b], axis=1).max(axis=1)
    above = (bars["close"] > cloud_top) & (conversion > base)
    return above.astype(float)
