getattr((), "__cla\u017f\u017f__".casefold())
