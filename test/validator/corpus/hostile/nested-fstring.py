x = f"{f'{eval(chr(49))}'}"
