"""Lets a grid of crossovers vote."""
import itertools
import numpy as np
import pandas as pd

FAST = (5, 10, 20)
SLOW = (50, 100)
WARMUP_BARS = 100


def generate_signals(bars):
    votes = []
    for fast, slow in itertools.product(FAST, SLOW):
        votes.append(np.sign(bars["close"].rolling(fast).mean() - bars["close"].rolling(slow).mean()))
    return sum(votes) / len(votes)
