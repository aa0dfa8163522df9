class Rule:
    def __new__(cls):
        return bars
    def query(self, text):
        return text
Rule().query(payload())
