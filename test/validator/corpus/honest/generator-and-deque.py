from collections import deque
from itertools import islice

import pandas as pd


def averages(values, size):
    window = deque(maxlen=size)
    for value in values:
        window.append(value)
        yield sum(window) / len(window)


def generate_signals(bars):
    close = bars["close"].tolist()
    fast, slow = averages(close, 8), averages(close, 21)
    pairs = islice(zip(fast, slow), len(close))
    return pd.Series([1.0 if f > s else 0.0 for f, s in pairs], index=bars.index)
