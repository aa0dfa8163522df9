import logging
logging.FileHandler("/tmp/x")
