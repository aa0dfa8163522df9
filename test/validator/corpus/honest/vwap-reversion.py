"""Buys below and sells above the rolling volume-weighted price."""
import numpy as np
import pandas as pd

WINDOW = 20
WARMUP_BARS = 60


def generate_signals(bars):
    typical = (bars["high"] + bars["low"] + bars["close"]) / 3
    volume = bars["volume"].replace(0.0, np.nan)
    vwap = (typical * volume).rolling(WINDOW, min_periods=5).sum() / volume.rolling(WINDOW, min_periods=5).sum()
    gap = (bars["close"] - vwap) / vwap
    z = gap / gap.rolling(40, min_periods=10).std()
    return (-z / 2).clip(-1, 1).fillna(0.0)
