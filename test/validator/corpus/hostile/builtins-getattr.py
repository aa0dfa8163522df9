getattr(__builtins__, "".join(["ev", "al"]))("1")
