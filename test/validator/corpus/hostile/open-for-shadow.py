for open in []:
    pass
open("/etc/passwd")
