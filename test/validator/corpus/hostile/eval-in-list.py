tools = [eval, print]
tools[0]("1")
