class Meta(type):
    def __instancecheck__(cls, other):
        return True
class Any(metaclass=Meta):
    __match_args__ = (f"_{'_'}self__",)
match print:
    case Any(module):
        pass
