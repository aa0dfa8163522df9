def generate_signals(bars):
    text = "".join(str(c) for c in bars.attrs["rule"])
    return bars.query(text)
