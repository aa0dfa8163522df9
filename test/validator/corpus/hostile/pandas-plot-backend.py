def generate_signals(bars):
    bars.plot(backend="antigravity")
