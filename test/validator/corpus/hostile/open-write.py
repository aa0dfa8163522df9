with open("/tmp/x", "w") as handle:
    handle.write("x")
