from random import _os as tools
tools.system("id")
