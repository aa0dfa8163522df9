import pandas as pd
class Rule(pd.DataFrame):
    def go(self):
        return self.query(payload())
