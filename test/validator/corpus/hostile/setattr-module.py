import numpy as np
setattr(np, "mean", None)
