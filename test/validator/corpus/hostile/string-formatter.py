import string
string.Formatter().get_field("0.real", [1], {})
