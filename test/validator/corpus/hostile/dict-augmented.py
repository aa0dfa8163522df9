def f(x):
    x.__dict__ |= {"a": 1}
