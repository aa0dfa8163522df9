"""One program: compiled and executed once, then called any number of times."""

import sys
import types

import numpy as np
import pandas as pd

from faults import PROGRAM, ContractBroken, remember_source

COLUMNS = ("open", "high", "low", "close", "volume")
ROUNDING = 1e-9
LONGEST_WARMUP = 1_000_000


class Program:
    def __init__(self, code, name):
        remember_source(code)
        self._compiled = compiled(code)
        # Dataclasses with postponed annotations look their module up in sys.modules.
        self._module = types.ModuleType(name)
        self._module.__file__ = PROGRAM
        sys.modules[name] = self._module

    def execute(self):
        exec(self._compiled, self._module.__dict__)

    def set(self, name, value):
        self._module.__dict__[name] = value

    def get(self, name):
        return self._module.__dict__.get(name)

    def entry(self):
        function = getattr(self._module, "generate_signals", None)
        if not callable(function):
            raise ContractBroken("the program defines no function generate_signals(bars)")
        return function

    def warmup_bars(self):
        value = getattr(self._module, "WARMUP_BARS", 0)
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 0 <= value <= LONGEST_WARMUP:
            raise ContractBroken("WARMUP_BARS must be a whole number of bars, 0 or more")
        return int(value)


def compiled(code):
    """The compiler's refusals other than SyntaxError (NUL, lone surrogates, too deep) are about the text all the same."""
    try:
        return compile(code, PROGRAM, "exec", dont_inherit=True)
    except SyntaxError:
        raise
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        reason = str(error) or "the program is nested too deeply"
        raise SyntaxError(reason, (PROGRAM, 1, 1, None)) from None


def bars_from(payload, count):
    """A data frame of its own for every run: what the program does to it ends with the run."""
    columns = np.frombuffer(payload, dtype="<f8", count=6 * count).reshape(6, count)
    index = pd.DatetimeIndex(columns[0].astype("int64") * 1_000_000, tz="UTC", name="time")
    return pd.DataFrame({name: columns[i + 1].copy() for i, name in enumerate(COLUMNS)}, index=index)


def positions_from(result, index, warmup):
    """The result as float64, one per bar, or ContractBroken saying what is wrong and where."""
    if not isinstance(result, pd.Series):
        raise ContractBroken(f"generate_signals must return a pandas Series, not {type(result).__name__}")
    if len(result) != len(index):
        raise ContractBroken(f"generate_signals returned {len(result)} positions for {len(index)} bars")
    if not result.index.equals(index):
        raise ContractBroken("the positions must stand on the same index as the bars")
    if result.dtype.kind not in "biuf":
        raise ContractBroken(f"the positions must be float, not {result.dtype}")
    values = np.array(result.to_numpy(dtype="float64", na_value=np.nan), dtype="<f8")
    wrong = np.isinf(values) | (np.abs(values) > 1 + ROUNDING)
    wrong[warmup:] |= np.isnan(values[warmup:])
    if wrong.any():
        at = int(np.argmax(wrong))
        what = f"position {values[at]} at bar {at} ({index[at].isoformat()})"
        if np.isnan(values[at]):
            raise ContractBroken(f"{what}: NaN is allowed only in the first WARMUP_BARS = {warmup} bars")
        raise ContractBroken(f"{what} is outside [-1, 1]")
    return np.clip(values, -1.0, 1.0)
