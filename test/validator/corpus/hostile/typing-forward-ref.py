from typing import List, get_args
get_args(List[payload()])[0]._evaluate({}, {}, frozenset())
