from contextlib import contextmanager
import warnings
import numpy as np
import pandas as pd

@contextmanager
def quiet():
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield

def crosses(fast, slow):
    previous = None
    for f, s in zip(fast, slow):
        now = f > s
        yield 0.0 if previous is None else float(now)
        previous = now

def generate_signals(bars):
    with quiet():
        ratio = bars["volume"] / bars["volume"].rolling(20).mean()
    fast = bars["close"].rolling(10, min_periods=1).mean()
    slow = bars["close"].rolling(40, min_periods=1).mean()
    signal = pd.Series(list(crosses(fast, slow)), index=bars.index)
    return signal.mul(ratio.clip(0.5, 1.0).fillna(0.5)).clip(-1, 1)
