import importlib
importlib.import_module("o" + "s").system("id")
