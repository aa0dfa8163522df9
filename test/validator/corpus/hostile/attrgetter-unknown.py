import operator
names = str(bars).split()
operator.attrgetter(names[0])(print)
