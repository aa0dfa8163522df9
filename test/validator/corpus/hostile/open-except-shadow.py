try:
    raise ValueError
except ValueError as open:
    pass
open("/etc/passwd")
