"""Turns an exception of the program into what its author needs: kind, message, own frames, line."""

import linecache
import traceback

PROGRAM = "strategy.py"
LONGEST_MESSAGE = 4_000
LONGEST_TRACEBACK = 16_000
MOST_FRAMES = 20


class ContractBroken(Exception):
    """The program ran, but it is not a strategy or its result is not a list of positions."""


_source = [""]


def remember_source(code):
    _source[0] = code


def show_source():
    """Lets tracebacks show the program's lines although there is no such file."""
    code = _source[0]
    linecache.cache[PROGRAM] = (len(code), None, code.splitlines(keepends=True), PROGRAM)


def describe(error):
    if isinstance(error, ContractBroken):
        return {"kind": "contract", "message": clip(str(error), LONGEST_MESSAGE)}
    show_source()
    fault = {"kind": kind_of(error), "message": message_of(error)}
    own_frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == PROGRAM]
    if isinstance(error, SyntaxError) and error.filename == PROGRAM:
        line = error.lineno
        text = "".join(traceback.format_exception_only(type(error), error))
    else:
        line = own_frames[-1].lineno if own_frames else None
        shown = own_frames[:1] + own_frames[-(MOST_FRAMES - 1) :] if len(own_frames) > MOST_FRAMES else own_frames
        text = "Traceback (most recent call last):\n" + "".join(traceback.format_list(shown)) + message_of(error)
    fault["traceback"] = clip(text.rstrip(), LONGEST_TRACEBACK)
    if isinstance(line, int) and line > 0:
        fault["line"] = line
    return fault


def kind_of(error):
    # SyntaxError of a text the program itself compiled is its runtime error.
    if isinstance(error, SyntaxError):
        return "syntax" if error.filename == PROGRAM else "runtime"
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, ImportError):
        return "import"
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return "pids"
    return "runtime"


def message_of(error):
    """The exception's last line; its __str__ is the program's own and may fail."""
    try:
        text = traceback.format_exception_only(type(error), error)[-1].strip()
    except Exception:
        text = type(error).__name__
    return clip(text, LONGEST_MESSAGE)


def clip(text, longest):
    return text if len(text) <= longest else text[:longest] + "…"
