import numpy as np
class A:
    m = np
A.m.ctypeslib
