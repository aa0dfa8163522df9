import numpy as np
a = np
b = a
c = b
a = c
b = c
c.ctypeslib
