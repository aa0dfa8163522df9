from contextlib import suppress
import numpy as np
import pandas as pd


def generate_signals(bars):
    assert {"close", "volume"} <= set(bars.columns), "columns are missing"
    result = pd.Series(0.0, index=bars.index)
    with suppress(ZeroDivisionError):
        share = (bars["close"].diff() > 0).rolling(20).mean()
        result = (share > 0.6).astype(float)
    return result
