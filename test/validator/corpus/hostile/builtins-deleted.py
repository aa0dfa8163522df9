del __builtins__
