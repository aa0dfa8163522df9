reader = open
reader("/etc/passwd")
