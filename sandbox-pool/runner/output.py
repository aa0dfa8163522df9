"""What the program prints travels as frames, apart from the results."""

import io
import sys

CHUNK = 64 * 1024


class FrameWriter(io.RawIOBase):
    def __init__(self, channel, kind):
        super().__init__()
        self._channel = channel
        self._kind = kind

    def writable(self):
        return True

    def write(self, data):
        view = memoryview(data).cast("B")
        for start in range(0, len(view), CHUNK):
            self._channel.send(self._kind, view[start : start + CHUNK])
        return len(view)


def text_stream(channel, kind):
    buffered = io.BufferedWriter(FrameWriter(channel, kind), CHUNK)
    return io.TextIOWrapper(buffered, encoding="utf-8", errors="backslashreplace", write_through=False)


class Output:
    """Replaces sys.stdout and sys.stderr, and their dunder twins, for the program."""

    def __init__(self, channel):
        self._stdout = text_stream(channel, b"O")
        self._stderr = text_stream(channel, b"S")

    def install(self):
        sys.stdout = sys.__stdout__ = self._stdout
        sys.stderr = sys.__stderr__ = self._stderr

    def flush(self):
        """Sends what is buffered; the program may have closed or replaced its streams."""
        for stream in (sys.stdout, sys.stderr, self._stdout, self._stderr):
            try:
                stream.flush()
            except Exception:
                continue
