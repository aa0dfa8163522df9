from functools import partial
make = partial(type, "X")
make((), namespace())
