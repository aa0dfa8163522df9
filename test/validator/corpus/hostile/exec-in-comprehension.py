[exec(line) for line in ["a = 1"]]
