import operator
operator.attrgetter("_" "_" + "glob" + "als_" + "_")(print)
