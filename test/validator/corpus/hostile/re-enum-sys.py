import re
re.enum.sys.modules
