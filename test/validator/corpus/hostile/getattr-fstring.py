part = "class"
getattr((), f"__{part}__").__base__
