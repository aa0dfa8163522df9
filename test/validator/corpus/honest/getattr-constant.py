import pandas as pd

AGGREGATES = ("mean", "median")


def generate_signals(bars):
    rolling = bars["close"].rolling(25)
    votes = [(bars["close"] > getattr(rolling, name)()).astype(float) for name in AGGREGATES]
    return sum(votes) / len(votes)
