def generate_signals(bars):
    return bars.query("@bars.__class__.__base__ is None")
