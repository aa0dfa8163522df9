import pandas as pd

ENTRY = 55
EXIT = 20


def generate_signals(bars):
    upper = bars["high"].rolling(ENTRY).max().shift(1)
    lower = bars["low"].rolling(EXIT).min().shift(1)
    held = False
    out = []
    for close, top, bottom in zip(bars["close"], upper, lower):
        if not held and close > top:
            held = True
        elif held and close < bottom:
            held = False
        out.append(1.0 if held else 0.0)
    return pd.Series(out, index=bars.index, dtype=float)
