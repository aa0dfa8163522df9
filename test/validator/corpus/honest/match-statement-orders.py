import pandas as pd

def decide(state, event):
    match (state, event):
        case ("flat", {"close": close, "upper": upper}) if close > upper:
            return "long"
        case ("long", {"close": close, "lower": lower}) if close < lower:
            return "flat"
        case (str() as same, _):
            return same
        case _:
            return "flat"

def generate_signals(bars):
    middle = bars["close"].rolling(20).mean()
    spread = bars["close"].rolling(20).std()
    frame = pd.DataFrame({"close": bars["close"], "upper": middle + 2 * spread, "lower": middle - spread})
    state, out = "flat", []
    for event in frame.to_dict("records"):
        state = decide(state, event)
        out.append(1.0 if state == "long" else 0.0)
    return pd.Series(out, index=bars.index)
