# comment eval("1")
