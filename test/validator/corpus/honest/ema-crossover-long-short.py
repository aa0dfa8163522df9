import numpy as np
import pandas as pd

WARMUP_BARS = 26


def generate_signals(bars):
    close = bars.close
    fast = close.ewm(span=12, adjust=False).mean()
    slow = close.ewm(span=26, adjust=False).mean()
    positions = pd.Series(np.where(fast > slow, 1.0, -1.0), index=bars.index)
    positions.iloc[:WARMUP_BARS] = 0.0
    return positions
