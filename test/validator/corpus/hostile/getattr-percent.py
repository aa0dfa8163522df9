getattr((), "%s%s%s" % ("__", "class", "__"))
