import numpy as np
import pandas as pd


class NotEnoughBars(ValueError):
    def __init__(self, have, need):
        super().__init__(f"need {need} bars, have {have}")
        self.have = have
        self.need = need


def check(bars, need):
    if len(bars) < need:
        raise NotEnoughBars(len(bars), need)


def generate_signals(bars, *, fast=5, slow=35, **options):
    try:
        check(bars, slow)
    except NotEnoughBars as error:
        print("flat:", error, file=None)
        return pd.Series(0.0, index=bars.index)
    finally:
        options.clear()
    median = (bars["high"] + bars["low"]) / 2
    awesome = median.rolling(fast).mean() - median.rolling(slow).mean()
    assert isinstance(awesome, pd.Series)
    return pd.Series(np.where(awesome.to_numpy() > 0, 1.0, 0.0), index=bars.index)
