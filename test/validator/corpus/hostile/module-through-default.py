import pandas as pd
def f(m=pd):
    return m.io.common.os
