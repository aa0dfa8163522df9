"""Uses the builtin's name for the opening price, as traders do."""
import numpy as np
import pandas as pd


def generate_signals(bars):
    open = bars["open"]
    high = bars["high"]
    low = bars["low"]
    close = bars["close"]
    max = high.rolling(10).max()
    min = low.rolling(10).min()
    range = max - min
    strength = (close - open) / range.replace(0, np.nan)
    return strength.fillna(0.0).clip(-1, 1)
