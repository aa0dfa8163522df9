from functools import partial
look = partial(getattr, print)
look("_" + "_self_" + "_")
