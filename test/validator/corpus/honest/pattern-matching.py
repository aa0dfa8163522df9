import pandas as pd


def decide(trend, volatility):
    match (trend > 0, volatility):
        case (True, v) if v < 0.01:
            return 1.0
        case (True, _):
            return 0.5
        case (False, v) if v > 0.03:
            return -0.5
        case _:
            return 0.0


def generate_signals(bars):
    trend = bars["close"].diff(20).fillna(0.0)
    volatility = bars["close"].pct_change().rolling(20).std().fillna(0.0)
    return pd.Series([decide(t, v) for t, v in zip(trend, volatility)], index=bars.index)
