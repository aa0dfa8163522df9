from re import Scanner
