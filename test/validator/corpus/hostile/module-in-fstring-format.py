import numpy as np
x = f"{np.os.environ}"
