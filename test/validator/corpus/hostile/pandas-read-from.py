from pandas import read_pickle
read_pickle("/tmp/x")
