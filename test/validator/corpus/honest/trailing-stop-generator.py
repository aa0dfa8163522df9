"""A generator walks the bars and yields the position."""
import pandas as pd


def positions(closes, stop=0.08):
    peak = None
    inside = False
    for close in closes:
        peak = close if peak is None else max(peak, close)
        if inside and close < peak * (1 - stop):
            inside, peak = False, close
        elif not inside and close > peak * 0.995:
            inside = True
        yield 1.0 if inside else 0.0


def generate_signals(bars):
    return pd.Series(list(positions(bars["close"])), index=bars.index)
