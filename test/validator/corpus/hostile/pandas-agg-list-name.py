def go(bars, name):
    return bars.agg([name], 0, payload())
