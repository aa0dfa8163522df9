import numpy as np
import pandas as pd

N = 30


def generate_signals(bars):
    x = np.arange(N)

    def slope(window):
        return np.polyfit(x, window, 1)[0]

    slopes = bars["close"].rolling(N).apply(slope, raw=True)
    return np.sign(slopes).fillna(0.0)
