from collections import namedtuple
import numpy as np
import pandas as pd

Level = namedtuple("Level", "name price")


def pivots(high, low, close):
    middle = (high + low + close) / 3
    return sorted([Level("r1", 2 * middle - low), Level("s1", 2 * middle - high)], key=lambda level: level.price)


def generate_signals(bars):
    position = np.zeros(len(bars))
    rows = bars[["high", "low", "close"]].to_numpy()
    for at in range(1, len(rows)):
        support, resistance = pivots(*rows[at - 1])
        price = rows[at][2]
        position[at] = 1.0 if price > resistance.price else -1.0 if price < support.price else position[at - 1]
    return pd.Series(position, index=bars.index)
