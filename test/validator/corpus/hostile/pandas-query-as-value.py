def generate_signals(bars):
    run = bars.query
    return run(payload())
