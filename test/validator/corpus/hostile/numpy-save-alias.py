import numpy
store = numpy.save
store("/tmp/x", [1])
