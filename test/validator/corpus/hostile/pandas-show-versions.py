import pandas as pd
pd.show_versions()
