def go(bars, name):
    return bars.agg(func=name, axis=0, expr=payload())
