import numpy.f2py
