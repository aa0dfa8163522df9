import numpy as np
np.dtype("i8").__setstate__(payload())
