import numpy as np
import pandas as pd
import math


def generate_signals(bars):
    returns = np.log(bars["close"]).diff()
    fast = returns.ewm(halflife=5).std() * math.sqrt(252)
    slow = returns.ewm(halflife=60).std() * math.sqrt(252)
    calm = fast < slow
    trend = bars["close"] > bars["close"].rolling(100, min_periods=20).mean()
    return (calm & trend).astype(float)
