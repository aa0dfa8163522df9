getattr((), "~~class~~".replace("~", "_")).mro
