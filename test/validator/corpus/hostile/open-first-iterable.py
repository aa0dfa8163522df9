rows = [open for open in open("/etc/passwd")]
