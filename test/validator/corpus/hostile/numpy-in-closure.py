import numpy as np
def give():
    return np
give().os
