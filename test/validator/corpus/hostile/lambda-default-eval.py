f = lambda x=(lambda: exec("1"))(): x
