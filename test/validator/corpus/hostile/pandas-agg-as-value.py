def generate_signals(bars):
    run = bars.agg
    return run("to_csv", path_or_buf="/tmp/x")
