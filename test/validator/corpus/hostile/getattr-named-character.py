getattr((), "\N{LOW LINE}\N{LOW LINE}class\N{LOW LINE}\N{LOW LINE}").mro()
