import numpy as np
[np][0].os.system("id")
