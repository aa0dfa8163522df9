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
AHEAD = 16 * 1024


class Channel:
    """Owns the two protocol descriptors; writing is safe from several threads."""

    def __init__(self, in_fd, out_fd):
        self.in_fd = in_fd
        self._out_fd = out_fd
        self._lock = threading.Lock()
        self._pending = b""

    def move(self, in_fd, out_fd):
        """Goes on over other descriptors."""
        os.close(self.in_fd)
        os.close(self._out_fd)
        self.in_fd = in_fd
        self._out_fd = out_fd

    def receive(self):
        """The next frame as (type, payload); None when the pool has gone."""
        header = self._exactly(HEADER.size)
        if header is None:
            return None
        kind, length = HEADER.unpack(header)
        if length > LARGEST_FRAME:
            return None
        payload = self._exactly(length)
        return None if payload is None else (kind, payload)

    def send(self, kind, *parts):
        view = memoryview(b"".join((HEADER.pack(kind, sum(map(len, parts))), *parts)))
        with self._lock:
            while view:
                view = view[os.write(self._out_fd, view) :]

    def send_json(self, kind, nonce, value):
        self.send(kind, nonce, json.dumps(value).encode("utf-8", "replace"))

    def _exactly(self, length):
        """A small frame is there after one read."""
        if length == 0:
            return b""
        if not self._pending:
            self._pending = os.read(self.in_fd, AHEAD)
        taken, self._pending = self._pending[:length], self._pending[length:]
        if len(taken) == length:
            return taken
        if not taken:
            return None
        buffer = bytearray(length)
        buffer[: len(taken)] = taken
        view = memoryview(buffer)[len(taken) :]
        while view:
            count = os.readv(self.in_fd, [view])
            if count == 0:
                return None
            view = view[count:]
        return buffer
