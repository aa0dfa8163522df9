load = __import__
load("subprocess")
