"""What a plain program hands back in RESULT, as JSON."""

import json
import sys

import numpy as np

from faults import ContractBroken

LONGEST = 1024 * 1024
DEEPEST = 64


def value_from(result):
    """The JSON bytes of a program's RESULT, or ContractBroken saying what is wrong with it."""
    check_depth(result)
    try:
        text = json.dumps(result, allow_nan=False, default=plain, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise ContractBroken(f"RESULT cannot be sent as JSON: {error}") from None
    data = text.encode("utf-8", "surrogatepass")
    if len(data) > LONGEST:
        raise ContractBroken(f"RESULT has {len(data)} bytes as JSON where {LONGEST} are the most")
    return data


def plain(thing):
    """numpy's and pandas' values as the ordinary ones they stand for."""
    if isinstance(thing, np.generic):
        return thing.item()
    if isinstance(thing, np.ndarray):
        return thing.tolist()
    pd = sys.modules.get("pandas")
    if pd is not None and isinstance(thing, (pd.Series, pd.Index)):
        return thing.tolist()
    if pd is not None and isinstance(thing, pd.DataFrame):
        return thing.to_dict("list")
    if hasattr(thing, "isoformat"):
        return thing.isoformat()
    raise TypeError(f"a {type(thing).__name__} has no form in JSON")


def check_depth(result):
    level, depth = [result], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise ContractBroken(f"RESULT is nested deeper than {DEEPEST} levels, or holds itself")
        containers = [each for each in level if isinstance(each, (dict, list, tuple))]
        level = [inner for each in containers for inner in (each.values() if isinstance(each, dict) else each)]
        if len(level) > LONGEST:
            raise ContractBroken(f"RESULT holds more than {LONGEST} values")
