class Rule:
    def go(self, bars):
        return bars.agg(self.name, 0, payload())
