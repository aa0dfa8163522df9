(run := eval)("1")
