def outer():
    open = None
    class Reader:
        if open is not None:
            open = 1
        data = open("/etc/passwd")
