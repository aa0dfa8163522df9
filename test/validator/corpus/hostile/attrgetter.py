from operator import attrgetter
attrgetter("__globals__")(lambda: 0)
