import numpy as np
box = {"m": np}
box["m"].os
