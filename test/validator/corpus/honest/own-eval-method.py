"""A class may have a method called eval, query, read or write."""
import pandas as pd


class Rule:
    def __init__(self, window):
        self.window = window

    def eval(self, close):
        return close > close.rolling(self.window).mean()

    def write(self, values, index):
        return pd.Series(values, index=index)

    def run(self, bars):
        return self.write(self.eval(bars["close"]).astype(float).to_numpy(), bars.index)


def generate_signals(bars):
    rule = Rule(30)
    first = rule.eval(bars["close"])
    return rule.run(bars) * first.astype(float)
