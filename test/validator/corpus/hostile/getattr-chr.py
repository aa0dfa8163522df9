getattr((), chr(95) + chr(95) + "class" + chr(95) * 2)
