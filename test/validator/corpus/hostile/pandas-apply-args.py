def go(bars, name):
    return bars.apply(name, args=(payload(),))
