import numpy as np
import pandas as pd


def generate_signals(bars: pd.DataFrame) -> pd.Series:
    highest = bars["high"].rolling(14).max()
    lowest = bars["low"].rolling(14).min()
    percent_r = -100 * (highest - bars["close"]) / (highest - lowest).replace(0, np.nan)
    long = percent_r < -80
    flat = percent_r > -20
    state = np.select([long, flat], [1.0, 0.0], default=np.nan)
    return pd.Series(state, index=bars.index).ffill().fillna(0.0)
