import numpy as np
x = np.ndarray((1,), "O", bytearray(8))
