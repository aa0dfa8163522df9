import numpy as np
import pandas as pd


def generate_signals(bars):
    direction = np.sign(bars["close"].diff()).fillna(0)
    obv = (direction * bars["volume"]).cumsum()
    average = obv.ewm(span=20).mean()
    return pd.Series(np.where(obv > average, 1.0, 0.0), index=bars.index)
