import pandas.io.common as c
c.os
