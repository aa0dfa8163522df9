"""Long on the last two and the first three trading days of a month."""
import pandas as pd


def generate_signals(bars: pd.DataFrame) -> pd.Series:
    month = pd.Series(bars.index.month, index=bars.index)
    day = month.groupby([bars.index.year, bars.index.month]).cumcount()
    late = bars.index.day >= 27
    return ((day < 3) | late).astype(float)
