try:
    eval("1")
except* ValueError:
    pass
