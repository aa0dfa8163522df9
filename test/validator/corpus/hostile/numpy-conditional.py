import numpy as np, pandas as pd
(np if 1 else pd).ctypeslib
