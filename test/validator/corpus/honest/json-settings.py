import json
import numpy as np
import pandas as pd

SETTINGS = json.loads('{"window": 30, "band": 1.5}')


def generate_signals(bars):
    close = bars["close"]
    z = (close - close.rolling(SETTINGS["window"]).mean()) / close.rolling(SETTINGS["window"]).std()
    return pd.Series(np.where(z > SETTINGS["band"], -1.0, np.where(z < -SETTINGS["band"], 1.0, 0.0)), index=bars.index)
