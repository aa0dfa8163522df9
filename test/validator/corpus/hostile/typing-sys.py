from typing import sys
