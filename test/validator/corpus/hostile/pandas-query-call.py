def generate_signals(bars):
    return bars.query("@reach('x') > 0")
