import functools
import time
import numpy as np
import pandas as pd

def indicator(**defaults):
    def wrap(function):
        @functools.wraps(function)
        def inner(bars, **options):
            result = function(bars, **{**defaults, **options})
            assert len(result) == len(bars), function.__name__
            return result
        inner.__doc__ = function.__doc__ or "an indicator"
        return inner
    return wrap

@indicator(n=14)
def rsi(bars, n):
    """Relative strength index by Wilder's smoothing."""
    change = bars["close"].diff()
    up = change.clip(lower=0).ewm(alpha=1 / n, adjust=False).mean()
    down = -change.clip(upper=0).ewm(alpha=1 / n, adjust=False).mean()
    return 100 - 100 / (1 + up / down.replace(0, np.nan))

def generate_signals(bars):
    value = rsi(bars, n=10)
    position = pd.Series(np.nan, index=bars.index)
    position[value < 30] = 1.0
    position[value > 70] = 0.0
    return position.ffill().fillna(0.0)
