class Meta(type):
    __getitem__ = lambda cls, text: exec(text)
class Run(metaclass=Meta): ...
Run["import os"]
