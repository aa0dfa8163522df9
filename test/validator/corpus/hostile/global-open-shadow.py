def f():
    global open
    open = None
data = open("/etc/passwd")
