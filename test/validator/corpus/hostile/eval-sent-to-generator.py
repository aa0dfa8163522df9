def g():
    f = yield
    f("1")
x = g()
next(x)
x.send(eval)
