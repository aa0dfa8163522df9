del globals()["x"]
