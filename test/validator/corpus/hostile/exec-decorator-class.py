@eval
class payload:
    pass
