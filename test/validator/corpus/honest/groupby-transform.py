import pandas as pd


def generate_signals(bars):
    frame = bars.assign(month=bars.index.month, ret=bars["close"].pct_change())
    frame["past"] = frame.groupby("month")["ret"].transform(lambda column: column.shift(1).expanding().mean())
    frame["quiet"] = frame["ret"].rolling(20).agg("std") < 0.02
    return ((frame["past"] > 0) & frame["quiet"]).astype(float)
