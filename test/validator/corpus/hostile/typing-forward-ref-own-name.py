from typing import List, get_args
class Node:
    def _evaluate(self): ...
get_args(List[payload()])[0]._evaluate({}, {}, frozenset())
