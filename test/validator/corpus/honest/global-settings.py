import pandas as pd

settings = {"window": 40}
count = 0


def tune(window):
    global count
    count += 1
    settings["window"] = window
    return settings


def generate_signals(bars):
    def average(series, window=tune(25)["window"]):
        nonlocal_total = 0

        def inner():
            nonlocal nonlocal_total
            nonlocal_total += window
            return nonlocal_total

        inner()
        return series.rolling(window).mean()

    return (bars["close"] > average(bars["close"])).astype(float)
