"""The warm runner: boots, says READY, then serves one program."""

import ctypes
import gc
import hashlib
import json
import os
import platform
import struct
import sys

import numpy as np
import pandas as pd

from faults import describe
from frames import Channel
from output import Output
from own_filter import close_the_door
from program import Program, bars_from, positions_from
from value import value_from

NONCE = 16
RUN_HEADER = struct.Struct("<16sI")
PR_SET_DUMPABLE = 4
# For the attack suite, which shows that the engine's profile holds alone; the pool gives it to no container of a user.
WITHOUT_OWN_FILTER = "--without-own-filter"


def main():
    channel = take_descriptors()
    output = Output(channel)
    output.install()
    rehearse()
    close_proc_self()
    digest = own_digest()
    gc.collect()
    gc.freeze()
    filtered = WITHOUT_OWN_FILTER not in sys.argv[1:]
    if filtered:
        close_the_door()
    channel.send_json(b"Y", b"", {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "runner": digest,
        "ownFilter": filtered,
    })
    serve(channel, output)


def take_descriptors():
    """Moves the protocol away from 0, 1 and 2: what writes to those can't break a frame."""
    channel = Channel(os.dup(0), os.dup(1))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return channel


def rehearse():
    """Pays for pandas' lazy imports before a program waits for them."""
    bars = bars_from(np.arange(1.0, 6 * 64 + 1).astype("<f8").tobytes(), 64)
    close = bars["close"]
    change = close.pct_change().fillna(0.0)
    fast, slow = close.rolling(5).mean(), close.ewm(span=9, adjust=False).mean()
    risk = change.rolling(8, min_periods=2).std().replace(0.0, np.nan)
    position = pd.Series(np.where(fast > slow, 1.0, 0.0), index=bars.index).shift(1).fillna(0.0)
    (position * (0.1 / risk).clip(-1.0, 1.0)).ffill().fillna(0.0).rolling(3).max().rank(pct=True)
    positions_from(position.where(close > 0, 0.0), bars.index, 0)


def close_proc_self():
    """Makes /proc/self root's: no environ, no memory, no score of its own for the program."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def own_digest():
    """SHA-256 over the runner's files by name, so that the pool knows a stale image."""
    folder = os.path.dirname(os.path.abspath(__file__))
    digest = hashlib.sha256()
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
