import numpy as np
import pandas as pd


def generate_signals(bars):
    close = bars["close"]
    middle = close.rolling(window=20).mean()
    deviation = close.rolling(window=20).std()
    upper, lower = middle + 2 * deviation, middle - 2 * deviation
    positions = np.select([close > upper, close < lower], [1.0, -1.0], default=0.0)
    return pd.Series(positions, index=bars.index)
