class Peek:
    __array_interface__ = {"shape": (8,), "typestr": "|u1", "data": (0x1000, False), "version": 3}
