def a():
    data = open("/etc/passwd")
    def b():
        open = 1
        def c():
            nonlocal open
            open = 2
