import functools
import numpy as np
import pandas as pd


def compose(*steps):
    return functools.reduce(lambda first, second: lambda value: second(first(value)), steps)


smooth = lambda series: series.ewm(span=10).mean()
slope = lambda series: series.diff(5)
score = compose(np.log, smooth, slope)


def generate_signals(bars):
    return np.sign(score(bars["close"])).fillna(0.0)
