from enum import Enum, IntEnum, auto
import numpy as np
import pandas as pd

class Regime(Enum):
    CALM = auto()
    WILD = auto()

class Side(IntEnum):
    SHORT = -1
    FLAT = 0
    LONG = 1

    @classmethod
    def of(cls, value: float) -> "Side":
        return cls(int(np.sign(value)))

def generate_signals(bars):
    returns = bars["close"].pct_change().fillna(0.0)
    volatility = returns.rolling(20).std()
    limit = volatility.expanding().median()
    regime = [Regime.WILD if v > m else Regime.CALM for v, m in zip(volatility, limit)]
    momentum = bars["close"].diff(20).fillna(0.0)
    out = [float(Side.of(m)) if r is Regime.CALM else float(Side.FLAT) for m, r in zip(momentum, regime)]
    return pd.Series(out, index=bars.index)
