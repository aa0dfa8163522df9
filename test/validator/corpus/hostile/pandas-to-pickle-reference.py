def generate_signals(bars):
    writer = bars.to_pickle
    writer("/tmp/x")
