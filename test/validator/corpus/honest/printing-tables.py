import pandas as pd


def generate_signals(bars):
    tail = bars.tail(3)
    print(tail.to_string())
    print(tail.describe().to_csv(index=True))
    summary = tail["close"].to_json()
    print(len(summary), tail.to_dict("records")[:1])
    return (bars["close"] > bars["close"].shift(10)).astype(float)
