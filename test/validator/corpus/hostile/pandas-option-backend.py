import pandas as pd
pd.set_option("plotting.backend", "antigravity")
