"""Several ideas vote; the docstring may mention eval(), os.system and __globals__ without harm."""
import operator
from heapq import nlargest
from operator import itemgetter

import pandas as pd

# open(), exec and subprocess in a comment are only words.
RULES = {
    "trend": lambda b: b["close"] > b["close"].rolling(50).mean(),
    "volume": lambda b: b["volume"] > b["volume"].rolling(50).mean(),
    "open": lambda b: b["close"] > b["open"],
}
WEIGHTS = {"trend": 0.6, "volume": 0.1, "open": 0.3}
COMPARE = {">": operator.gt, "<": operator.lt}


def generate_signals(bars):
    best = nlargest(2, WEIGHTS.items(), key=itemgetter(1))
    total = sum(weight * RULES[name](bars).astype(float) for name, weight in best)
    over = COMPARE[">"](total, 0.5)
    return over.astype(float)
