def f(x, run=eval):
    return run(x)
