import numpy as np
import pandas as pd

LOOKBACK = 120
WARMUP_BARS = LOOKBACK


def generate_signals(bars):
    returns = bars["close"].pct_change(LOOKBACK)
    return pd.Series(np.sign(returns.fillna(0.0)), index=bars.index)
