import numpy as np
def reach(module):
    return module.os
reach(np)
