import numpy as np
np.os.system("id")
