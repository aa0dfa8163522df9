t = type
make = t(t)
make("X", (), space())
