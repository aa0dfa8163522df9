type(*parts())
