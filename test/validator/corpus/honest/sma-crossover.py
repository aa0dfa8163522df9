"""Long while the fast average is above the slow one."""
import pandas as pd

WARMUP_BARS = 50


def generate_signals(bars: pd.DataFrame) -> pd.Series:
    fast = bars["close"].rolling(20).mean()
    slow = bars["close"].rolling(50).mean()
    return (fast > slow).astype(float)
