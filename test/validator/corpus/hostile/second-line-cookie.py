# hello
# vim: set fileencoding=utf_16 :
x = 1
