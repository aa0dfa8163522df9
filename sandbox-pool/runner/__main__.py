"""The warm runner: boots, says READY, then serves one program."""

import gc

# All that booting makes is there to stay: `settle` looks at it once.
gc.disable()

from lean_imports import lean

with lean():
    import ctypes
    import json
    import os
    import select
    import struct
    import sys

    import numpy as np

    from faults import describe
    from frames import Channel
    from output import Output
    from own_filter import close_the_door
    from program import Program
    from rehearsal import rehearse_plain, rehearse_strategy, settle
    from sha256 import sha256
    from value import value_from

NONCE = 16
RUN_HEADER = struct.Struct("<16sI")
PR_SET_DUMPABLE = 4
# Strategies need pandas; a pool of plain programs may do with numpy, which boots in a third of the time.
ONLY_NUMPY = "--only-numpy"
# For the attack suite, which shows that the engine's profile holds alone; the pool gives it to no container of a user.
WITHOUT_OWN_FILTER = "--without-own-filter"


def main():
    channel = take_descriptors()
    with lean():
        if ONLY_NUMPY not in sys.argv[1:]:
            rehearse_strategy()
        rehearse_plain(run_plain)
    output = Output(channel)
    output.install()
    close_proc_self()
    digest = own_digest()
    filtered = WITHOUT_OWN_FILTER not in sys.argv[1:]
    if filtered:
        close_the_door()
    pipes = Pipes()
    settle()
    pandas = sys.modules.get("pandas")
    channel.send_json(b"Y", b"", {
        "python": sys.version.split()[0],
        "numpy": np.__version__,
        "pandas": pandas.__version__ if pandas else None,
        "runner": digest,
        "ownFilter": filtered,
        "pipes": pipes.far_ends(),
    })
    pipes.settle(channel)
    serve(channel, output)


def take_descriptors():
    """Moves the protocol away from 0, 1 and 2: what writes to those can't break a frame."""
    channel = Channel(os.dup(0), os.dup(1))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return channel


class Pipes:
    """Three pipes a pool on the same host opens through /proc, past the engine: requests, answers, what goes to 1 and 2."""

    def __init__(self):
        self._requests, self._answers, self._printed = os.pipe(), os.pipe(), os.pipe()

    def far_ends(self):
        return [self._requests[1], self._answers[0], self._printed[0]]

    def settle(self, channel):
        """Waits for the first bytes. Whatever way they come, it stays, and no end is left that a program could use."""
        ready = select.poll()
        ready.register(channel.in_fd, select.POLLIN)
        ready.register(self._requests[0], select.POLLIN)
        direct = (self._requests[0], select.POLLIN) in ready.poll()
        for far_end in self.far_ends():
            os.close(far_end)
        if direct:
            # Copies: what programs may do with 1 and 2 must not break a frame.
            os.dup2(self._printed[1], 1)
            os.dup2(self._printed[1], 2)
            os.close(self._printed[1])
            channel.move(self._requests[0], self._answers[1])
        else:
            for near_end in (self._requests[0], self._answers[1], self._printed[1]):
                os.close(near_end)


def close_proc_self():
    """Makes /proc/self root's: no environ, no memory, no score of its own for the program."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def own_digest():
    """SHA-256 over the runner's files by name, so that the pool knows a stale image."""
    folder = os.path.dirname(os.path.abspath(__file__))
    digest = sha256()
    for name in sorted(n for n in os.listdir(folder) if n.endswith(".py")):
        with open(os.path.join(folder, name), "rb") as source:
            digest.update(name.encode() + b"\0" + source.read() + b"\0")
    return digest.hexdigest()


def serve(channel, output):
    program = None
    mode = None
    taken = False
    while True:
        frame = channel.receive()
        if frame is None:
            os._exit(0)
        kind, payload = frame
        nonce = bytes(payload[:NONCE])
        if kind == b"H":
            channel.send(b"H", nonce)
            continue
        channel.send(b"A", nonce)
        try:
            if kind == b"L" and not taken:
                taken = True
                request = json.loads(payload[NONCE:])
                mode = request["mode"]
                if mode == "plain":
                    run_plain(channel, output, nonce, request)
                    continue
                program = Program(request["code"], "strategy")
                program.execute()
                program.entry()
                warmup = program.warmup_bars()
                output.flush()
                channel.send_json(b"K", nonce, {"warmupBars": warmup})
            elif kind == b"R" and mode == "strategy":
                positions = run_strategy(program, payload)
                output.flush()
                channel.send(b"P", nonce, positions)
            else:
                os._exit(70)
        except BaseException as error:
            report(channel, output, nonce, error)


def run_strategy(program, payload):
    from bars import bars_from, positions_from

    _, count = RUN_HEADER.unpack_from(payload)
    columns = bytes(payload[RUN_HEADER.size :])
    bars = bars_from(columns, count)
    index = bars.index.copy(deep=True)
    result = program.entry()(bars)
    return positions_from(result, index, program.warmup_bars()).tobytes()


def run_plain(channel, output, nonce, request):
    """Runs a script to its end; the pool then kills the container. It finds its INPUT and may leave a RESULT."""
    exit_with = 0
    value = None
    try:
        program = Program(request["code"], "__main__")
        program.set("INPUT", request.get("input"))
        program.execute()
        result = program.get("RESULT")
        value = None if result is None else value_from(result)
    except SystemExit as leaving:
        exit_with = exit_code(leaving.code)
    except BaseException as error:
        report(channel, output, nonce, error)
        exit_with = 1
    output.flush()
    if value is not None:
        channel.send(b"V", nonce, value)
    channel.send_json(b"D", nonce, {"exitCode": exit_with})


def exit_code(value):
    if value is None:
        return 0
    if isinstance(value, int):
        return value & 0xFF
    print(value, file=sys.stderr)
    return 1


def report(channel, output, nonce, error):
    fault = describe(error)
    del error
    output.flush()
    channel.send_json(b"E", nonce, fault)


main()
