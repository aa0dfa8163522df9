x: __import__("os") = 1
