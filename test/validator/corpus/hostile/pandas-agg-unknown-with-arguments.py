def call(bars, name, text):
    return bars.agg(name, 0, text)
call(bars, "que" + "ry", payload())
