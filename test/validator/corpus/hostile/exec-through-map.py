list(map(exec, ["import os"]))
