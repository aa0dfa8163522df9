def f(x, c):
    with c as x.__dict__: pass
