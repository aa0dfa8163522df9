Run = type("Run", (), {"__getitem__": lambda self, x: eval(x)})
Run()["1"]
