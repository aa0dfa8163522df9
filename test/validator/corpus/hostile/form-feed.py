x = eval
