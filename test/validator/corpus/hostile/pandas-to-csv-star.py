def generate_signals(bars, **target):
    bars.to_csv(**target)
