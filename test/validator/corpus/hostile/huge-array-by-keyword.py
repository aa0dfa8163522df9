import numpy as np
np.ones(shape=10**12)
