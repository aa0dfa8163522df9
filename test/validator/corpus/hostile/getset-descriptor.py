type(lambda: 0).__dict__[payload()].__get__(print)
