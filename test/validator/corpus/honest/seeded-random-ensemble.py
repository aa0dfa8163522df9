import numpy as np
import pandas as pd


def generate_signals(bars):
    rng = np.random.default_rng(42)
    windows = rng.integers(10, 100, size=5)
    votes = [np.sign(bars["close"] - bars["close"].rolling(int(n)).mean()) for n in windows]
    return pd.concat(votes, axis=1).mean(axis=1).fillna(0.0)
