def reach(thing, name):
    return getattr(thing, name)
reach(print, input_name)
