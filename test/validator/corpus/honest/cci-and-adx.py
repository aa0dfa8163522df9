import numpy as np
import pandas as pd


def cci(bars, n=20):
    price = (bars["high"] + bars["low"] + bars["close"]) / 3
    average = price.rolling(n).mean()
    spread = price.rolling(n).apply(lambda window: np.abs(window - window.mean()).mean(), raw=True)
    return (price - average) / (0.015 * spread)


def adx(bars, n=14):
    up = bars["high"].diff()
    down = -bars["low"].diff()
    plus = np.where((up > down) & (up > 0), up, 0.0)
    minus = np.where((down > up) & (down > 0), down, 0.0)
    span = (bars["high"] - bars["low"]).ewm(alpha=1 / n).mean()
    plus_di = 100 * pd.Series(plus, index=bars.index).ewm(alpha=1 / n).mean() / span
    minus_di = 100 * pd.Series(minus, index=bars.index).ewm(alpha=1 / n).mean() / span
    dx = 100 * (plus_di - minus_di).abs() / (plus_di + minus_di)
    return dx.ewm(alpha=1 / n).mean()


def generate_signals(bars):
    strong = adx(bars) > 25
    return pd.Series(np.where(strong & (cci(bars) > 100), 1.0, 0.0), index=bars.index)
