import numpy as np
np.random.default_rng(1).bit_generator.cffi
