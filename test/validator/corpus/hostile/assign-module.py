import pandas as pd
pd.DataFrame.rolling = lambda self, n: self
