@(lambda cls: lambda: bars)
class Rule:
    def query(self, text):
        return text
Rule().query(payload())
