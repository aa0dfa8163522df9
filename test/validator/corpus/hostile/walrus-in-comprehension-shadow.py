def f():
    [eval := x for x in []]
    return g()
def g():
    return eval("1")
