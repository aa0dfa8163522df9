class Rule:
    def query(self, text):
        return text
    def go(self):
        return self.query(payload())
Rule.go(bars)
