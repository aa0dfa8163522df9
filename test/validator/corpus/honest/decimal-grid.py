from bisect import bisect_left
from decimal import Decimal, getcontext
from fractions import Fraction

import pandas as pd

getcontext().prec = 12
STEP = Fraction(1, 50)


def generate_signals(bars):
    anchor = Decimal(str(bars["close"].iloc[0]))
    levels = [float(anchor * (1 + Decimal(k) * STEP.numerator / STEP.denominator)) for k in range(-10, 11)]
    out = []
    for close in bars["close"]:
        rank = bisect_left(levels, close)
        out.append(round(1.0 - 2.0 * rank / len(levels), 4))
    return pd.Series(out, index=bars.index).clip(-1.0, 1.0)
