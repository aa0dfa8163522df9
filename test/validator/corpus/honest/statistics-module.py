import statistics as st
from math import isnan

import pandas as pd


def generate_signals(bars):
    closes = list(bars["close"])
    out = []
    for i in range(len(closes)):
        past = closes[max(0, i - 19) : i + 1]
        if len(past) < 20:
            out.append(0.0)
            continue
        deviation = st.pstdev(past)
        z = (past[-1] - st.fmean(past)) / deviation if deviation else 0.0
        out.append(0.0 if isnan(z) else -max(-1.0, min(1.0, z / 2)))
    return pd.Series(out, index=bars.index)
