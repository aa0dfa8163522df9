exit(1)
vars(exit)
