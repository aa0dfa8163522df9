import pandas as pd
pd.core.common.sys
