import os as math_tools
math_tools.listdir("/")
