import itertools
list(itertools.count())
