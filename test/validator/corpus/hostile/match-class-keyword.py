match print:
    case object(__self__=module):
        module.eval("1")
