import pandas as pd
from pandas.tseries.offsets import BDay


def generate_signals(bars):
    tomorrow = bars.index + BDay(1)
    is_turn = (tomorrow.month != bars.index.month) | (bars.index.day <= 3)
    return pd.Series(is_turn.astype(float), index=bars.index)
