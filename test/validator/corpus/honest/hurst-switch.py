import numpy as np
import pandas as pd


def hurst(values):
    lags = range(2, 20)
    tau = [np.sqrt(np.std(values[lag:] - values[:-lag])) for lag in lags]
    return 2.0 * np.polyfit(np.log(list(lags)), np.log(np.maximum(tau, 1e-12)), 1)[0]


def generate_signals(bars):
    h = np.log(bars["close"]).rolling(100).apply(hurst, raw=True)
    move = np.sign(bars["close"].diff(5))
    return pd.Series(np.where(h > 0.5, move, -move), index=bars.index).fillna(0.0)
