run = eval
run("1 + 1")
