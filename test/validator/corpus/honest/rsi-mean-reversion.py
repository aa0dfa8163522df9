import pandas as pd

PERIOD, LOW, HIGH = 14, 30, 70


def rsi(close: pd.Series, period: int = PERIOD) -> pd.Series:
    """Wilder's relative strength index."""
    change = close.diff()
    gain = change.clip(lower=0).ewm(alpha=1 / period, adjust=False).mean()
    loss = (-change.clip(upper=0)).ewm(alpha=1 / period, adjust=False).mean()
    return 100 - 100 / (1 + gain / loss)


def generate_signals(bars):
    value = rsi(bars["close"])
    positions = pd.Series(float("nan"), index=bars.index)
    positions[value < LOW] = 1.0
    positions[value > HIGH] = 0.0
    return positions.ffill().fillna(0.0)
