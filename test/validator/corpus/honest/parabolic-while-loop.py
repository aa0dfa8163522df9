import pandas as pd


def generate_signals(bars):
    close = bars["close"].tolist()
    out = [0.0] * len(close)
    i = 0
    while True:
        if i >= len(close):
            break
        if i >= 3 and close[i] > close[i - 1] > close[i - 2] > close[i - 3]:
            out[i] = 1.0
        i += 1
    return pd.Series(out, index=bars.index)
