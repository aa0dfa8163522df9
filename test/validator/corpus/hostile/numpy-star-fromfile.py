from numpy import *
data = memmap("/etc/passwd")
