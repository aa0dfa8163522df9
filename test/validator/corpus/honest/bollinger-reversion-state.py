import math


def generate_signals(bars):
    close = bars["close"]
    mean = close.rolling(20).mean()
    std = close.rolling(20).std()
    z = (close - mean) / std
    state = 0.0
    positions = []
    for score in z:
        if math.isnan(score):
            positions.append(0.0)
            continue
        if state == 0.0 and score < -2:
            state = 1.0
        elif state == 1.0 and score > 0:
            state = 0.0
        positions.append(state)
    result = close * 0.0
    result[:] = positions
    return result
