[g(x, n) for g in (getattr,) for x in (1,) for n in ("__class__",)]
