import json
import re

import pandas as pd

CONFIG = '{"rule": "sma(10) > sma(30)"}'
PATTERN = re.compile(r"(?P<kind>sma|ema)\((?P<length>\d+)\)")


def generate_signals(bars):
    rule = json.loads(CONFIG)["rule"]
    lengths = [int(match.group("length")) for match in PATTERN.finditer(rule)]
    fast, slow = (bars["close"].rolling(length).mean() for length in lengths)
    return (fast > slow).astype(float)
