"""Length-prefixed frames between the pool and the runner.

A frame is one type byte, the payload's length (uint32, little-endian) and the payload.
From the pool:   H (are you well?), L (load: code), R (run: bars).
To the pool:     Y (ready), H (well), A (accepted), K (loaded), P (positions), V (a plain program's RESULT as JSON),
                 D (a plain program ended), E (error), O and S (what the program wrote to stdout and stderr).
Answers start with the 16-byte nonce of the request they belong to; Y, O and S have none.
"""

import json
import os
import struct
import threading

HEADER = struct.Struct("<cI")
LARGEST_FRAME = 256 * 1024 * 1024


class Channel:
    """Owns the two protocol descriptors; writing is safe from several threads."""

    def __init__(self, in_fd, out_fd):
        self._in_fd = in_fd
        self._out_fd = out_fd
        self._lock = threading.Lock()

    def receive(self):
        """The next frame as (type, payload); None when the pool has gone."""
        header = self._read_exactly(HEADER.size)
        if header is None:
            return None
        kind, length = HEADER.unpack(header)
        if length > LARGEST_FRAME:
            return None
        payload = self._read_exactly(length)
        return None if payload is None else (kind, payload)

    def send(self, kind, *parts):
        view = memoryview(b"".join((HEADER.pack(kind, sum(map(len, parts))), *parts)))
        with self._lock:
            while view:
                view = view[os.write(self._out_fd, view) :]

    def send_json(self, kind, nonce, value):
        self.send(kind, nonce, json.dumps(value).encode("utf-8", "replace"))

    def _read_exactly(self, length):
        buffer = bytearray(length)
        view = memoryview(buffer)
        while view:
            count = os.readv(self._in_fd, [view])
            if count == 0:
                return None
            view = view[count:]
        return buffer
