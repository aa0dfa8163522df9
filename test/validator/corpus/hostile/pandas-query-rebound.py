class Rule:
    def query(self, text):
        return text
rule = Rule()
for rule in [bars]:
    pass
rule.query(payload())
