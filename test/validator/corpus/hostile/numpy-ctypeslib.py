import numpy as np
np.ctypeslib.load_library("libc", "/lib")
