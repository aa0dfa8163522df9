"""Long when both the absolute and the relative momentum point up."""
import numpy as np
import pandas as pd

WARMUP_BARS = 252


def generate_signals(bars):
    close = bars["close"]
    absolute = close.pct_change(252) > 0
    relative = close.pct_change(63) > close.pct_change(252) / 4
    return pd.Series(np.where(absolute & relative, 1.0, 0.0), index=bars.index)
