import numpy as np
(m := np).ctypeslib
