from operator import methodcaller
methodcaller("agg", "to_csv", path_or_buf="/tmp/x")(bars)
