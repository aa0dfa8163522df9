from numpy import *
x = fromfile("/etc/passwd", dtype="u1")
