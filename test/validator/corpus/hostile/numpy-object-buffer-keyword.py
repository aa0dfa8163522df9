import numpy as np
make = np.ndarray
x = make((1,), dtype="O", buffer=bytearray(8))
