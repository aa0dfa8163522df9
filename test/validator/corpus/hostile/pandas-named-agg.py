import pandas as pd
def generate_signals(bars):
    return bars.groupby("x").agg(y=pd.NamedAgg("close", "to_pickle"))
