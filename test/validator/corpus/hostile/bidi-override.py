x = "user‮ ⁦# admin⁩ ⁦"
import math
