import numpy as np
for m in (np,):
    m.ctypeslib
