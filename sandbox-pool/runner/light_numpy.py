"""Imports numpy without OpenSSL: it wants `secrets` for nothing but the bits of its seeds, and that costs a tenth of the boot and 2 MiB."""

import os
import sys
import types


def random_bits(count):
    """As secrets.randbits: from the kernel."""
    length = (count + 7) // 8
    return int.from_bytes(os.urandom(length), "big") >> (8 * length - count)


def import_numpy():
    stand_in = types.ModuleType("secrets")
    stand_in.randbits = random_bits
    sys.modules["secrets"] = stand_in
    try:
        import numpy
    finally:
        # A program that imports it gets the real one.
        del sys.modules["secrets"]
    return numpy


np = import_numpy()
