import numpy as np
match np:
    case m:
        m.ctypeslib
