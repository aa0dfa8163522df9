x = f"{1:{__import__('os').getpid()}}"
