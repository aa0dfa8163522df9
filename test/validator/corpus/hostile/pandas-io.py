from pandas.io.common import get_handle
get_handle("/etc/passwd", "r")
