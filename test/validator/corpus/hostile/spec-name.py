print(__spec__.loader)
