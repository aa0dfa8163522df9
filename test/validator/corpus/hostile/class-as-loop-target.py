def f(x):
    for x.__class__ in [int]: pass
