"""Scales the position by the rolling Kelly fraction, halved and capped."""
import numpy as np
import pandas as pd

WARMUP_BARS = 120


def generate_signals(bars):
    returns = bars["close"].pct_change()
    mean = returns.rolling(120).mean()
    variance = returns.rolling(120).var()
    kelly = 0.5 * mean / variance.where(variance > 1e-12)
    return kelly.clip(-1.0, 1.0)
