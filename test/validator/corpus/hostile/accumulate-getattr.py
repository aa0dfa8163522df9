import itertools
list(itertools.accumulate(["x", "__class__"], getattr))
