import pandas as pd


def macd(close, fast=12, slow=26, signal=9):
    line = close.ewm(span=fast, adjust=False).mean() - close.ewm(span=slow, adjust=False).mean()
    return line, line.ewm(span=signal, adjust=False).mean()


def generate_signals(bars):
    line, signal = macd(bars["close"])
    histogram = line - signal
    rising = (histogram > 0) & (histogram > histogram.shift(1))
    return rising.astype(float)
