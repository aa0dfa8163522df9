import numpy as np, pandas as pd
a, b = np, pd
b.compat.os.system("id")
