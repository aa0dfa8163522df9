def generate_signals(bars):
    bars.agg("to_csv", path_or_buf="/tmp/x")
