import copy
class Bomb:
    def __reduce__(self):
        return print, ("x",)
copy.copy(Bomb())
