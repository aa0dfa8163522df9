import numpy as np
x = type(np.arange(3))((1,), "O", bytearray(8))
