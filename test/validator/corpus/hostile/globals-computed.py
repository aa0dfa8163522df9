globals()["_" * 2 + "built" + "ins" + "_" * 2]
