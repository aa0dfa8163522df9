look = getattr
look(print, "__se" "lf__")
