"""Selects rows with constant expressions."""
import pandas as pd


def generate_signals(bars):
    frame = bars.copy()
    frame["fast"] = frame["close"].rolling(10).mean()
    frame["slow"] = frame["close"].rolling(40).mean()
    frame["strength"] = frame.eval("(fast - slow) / slow")
    threshold = 0.01
    chosen = frame.query("strength > @threshold and volume > 0")
    positions = pd.Series(0.0, index=bars.index)
    positions.loc[chosen.index] = 1.0
    return positions
