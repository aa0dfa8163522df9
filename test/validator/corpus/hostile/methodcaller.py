from operator import methodcaller
import pandas as pd
methodcaller("to_csv", "/tmp/x")(pd.DataFrame())
