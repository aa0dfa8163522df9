f = lambda path, reader=open: reader(path)
