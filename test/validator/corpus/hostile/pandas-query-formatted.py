def generate_signals(bars, rule):
    return bars.query(f"close > {rule}")
