import pandas as pd


def generate_signals(bars):
    weekly = bars.resample("W").agg({"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"})
    trend = (weekly["close"] > weekly["close"].rolling(10).mean()).shift(1)
    daily = trend.reindex(bars.index, method="ffill")
    return daily.fillna(False).astype(float)
