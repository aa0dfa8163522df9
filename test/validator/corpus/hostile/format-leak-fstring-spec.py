text = "{0." + "__glo" + "bals__}"
text.format(lambda: 0)
