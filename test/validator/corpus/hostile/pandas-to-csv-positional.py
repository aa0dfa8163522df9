def generate_signals(bars):
    bars["close"].to_json("/tmp/x")
