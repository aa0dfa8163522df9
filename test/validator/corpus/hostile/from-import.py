from subprocess import run as compute
compute(["id"])
