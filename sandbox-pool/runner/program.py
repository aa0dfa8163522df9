"""One program: compiled and executed once, then called any number of times."""

import sys
import types

import numpy as np

from faults import PROGRAM, ContractBroken, remember_source

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
