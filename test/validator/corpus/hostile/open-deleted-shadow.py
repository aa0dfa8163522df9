open = print
del open
open("/etc/passwd")
