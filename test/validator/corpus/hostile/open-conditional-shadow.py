if False:
    open = None
print(open("/etc/passwd"))
