def leak():
    return open("/etc/passwd")
leak()
def open(path):
    return None
