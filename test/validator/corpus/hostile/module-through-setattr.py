import numpy as np
class A: ...
setattr(A, "m", np)
A.m.ctypeslib
