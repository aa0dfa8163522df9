class Rule:
    def query(self, text):
        return text
def generate_signals(bars):
    run = bars.query
    return run(payload())
