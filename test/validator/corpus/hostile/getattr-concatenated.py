getattr((), "__cla" + "ss__")
