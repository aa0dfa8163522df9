import numpy as np
import pandas as pd

def generate_signals(bars):
    frame = bars.assign(ret=lambda d: d["close"].pct_change(), month=bars.index.month)
    past = frame.groupby("month")["ret"].transform(lambda s: s.shift(1).expanding().mean())
    by_day = frame.groupby([frame.index.month, frame.index.day])["ret"].cumcount()
    stats = frame["ret"].rolling(60).agg(["mean", "std"]).shift(1)
    score = past.fillna(0) + stats["mean"].fillna(0) * (by_day > 0)
    choices = [1.0, -0.5]
    return pd.Series(np.select([score > 0, score < -0.001], choices, default=0.0), index=bars.index)
