import math as __builtins__
