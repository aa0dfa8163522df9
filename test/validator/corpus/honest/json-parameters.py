import json
import re
from collections import Counter, OrderedDict, ChainMap
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
import statistics
import string
import pandas as pd

PARAMETERS = json.loads('{"windows": [5, 20], "weights": {"5": 0.4, "20": 0.6}}')
LABEL = re.compile(r"^(?P<name>[a-z_]+)_(?P<n>\d+)$")

def generate_signals(bars):
    options = ChainMap({"limit": float(Decimal("0.0025"))}, {"limit": 0.0, "part": float(Fraction(1, 3))})
    votes = Counter()
    parts = OrderedDict()
    for n in PARAMETERS["windows"]:
        label = "mean_{}".format(n)
        match = LABEL.match(label)
        parts[match["name"] + match["n"]] = bars["close"].pct_change(int(match.group("n")))
        votes[n] += 1
    week = bars.index - timedelta(days=7)
    level = statistics.fmean(PARAMETERS["weights"].values()) * options["part"]
    text = string.Template("$a of $b").substitute(a=len(parts), b=len(votes))
    print(f"{text:>20} {level:.3f} {week[0]:%Y-%m-%d}")
    total = sum(p.fillna(0) * PARAMETERS["weights"][str(n)] for n, p in zip(PARAMETERS["windows"], parts.values()))
    return (total > options["limit"]).astype(float)
