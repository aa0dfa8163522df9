class Run:
    __class_getitem__ = exec
Run["import os"]
