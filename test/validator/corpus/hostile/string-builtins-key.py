def f(table):
    return table["__builtins__"]
