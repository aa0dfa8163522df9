import numpy as np
import pandas as pd

TARGET = 0.15
BARS_PER_YEAR = 252


def generate_signals(bars):
    log_returns = np.log(bars["close"]).diff()
    volatility = log_returns.rolling(30).std() * np.sqrt(BARS_PER_YEAR)
    trend = np.sign(bars["close"] - bars["close"].rolling(100).mean())
    size = (TARGET / volatility).clip(upper=1.0)
    return (trend * size).fillna(0.0).clip(-1.0, 1.0)
