"""What numpy and pandas do not need here stays out of the boot and out of memory.

While `lean` is on, modules come from the byte code without docstrings and asserts that the image holds beside the ordinary one: a fifth
less to load and 6 MiB less to keep. The interpreter itself is an ordinary one, so programs keep their own, in every way they may have code
compiled. And numpy wants `secrets` for nothing but the bits of its seeds, which would load OpenSSL: it gets them from the kernel all the same.
"""

import ctypes
import os
import sys
import types
from contextlib import contextmanager

import _frozen_importlib_external as importer


@contextmanager
def lean():
    byte_code_path = importer.cache_from_source
    importer.cache_from_source = lambda path: byte_code_path(path, optimization=2)
    # Read by C modules that would add docstrings to others of their own; how code is compiled has been settled at the start.
    said = ctypes.c_int.in_dll(ctypes.pythonapi, "Py_OptimizeFlag")
    before, said.value = said.value, 2
    stand_in = types.ModuleType("secrets")
    stand_in.randbits = random_bits
    sys.modules["secrets"] = stand_in
    try:
        yield
    finally:
        importer.cache_from_source = byte_code_path
        said.value = before
        # A program that imports it gets the real one.
        del sys.modules["secrets"]


def random_bits(count):
    """As secrets.randbits."""
    length = (count + 7) // 8
    return int.from_bytes(os.urandom(length), "big") >> (8 * length - count)
