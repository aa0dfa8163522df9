def open(path, real=open("/etc/passwd")):
    return real
