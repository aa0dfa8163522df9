import type { Assault } from './attack.ts';

const killedFor = (errorKind: NonNullable<Assault['ends']['errorKind']>): Assault['ends'] => ({
  success: false,
  verdict: 'killed',
  errorKind,
});
const failedWith = (errorKind: NonNullable<Assault['ends']['errorKind']>): Assault['ends'] => ({
  success: false,
  verdict: 'failed',
  errorKind,
});

/** Finds the runner's channel and the nonce of the request under way, as a program can that shares its interpreter. */
const stolen = `
import sys
frame = sys._getframe()
while "channel" not in frame.f_locals: frame = frame.f_back
channel, nonce = frame.f_locals["channel"], frame.f_locals["nonce"]
`;

export const assaults: readonly Assault[] = [
  // Memory.
  {
    name: 'memory bomb',
    code: 'x = bytearray(4 * 1024**3)\nfor at in range(0, len(x), 4096): x[at] = 1',
    // The address space is granted, the pages are not.
    ends: killedFor('memory'),
  },
  {
    name: 'memory bomb that grows, in a thread',
    code: 'import threading\nkept = []\ndef grow():\n    while True: kept.append(bytearray(b"x") * 10_000_000)\nthread = threading.Thread(target=grow)\nthread.start()\nthread.join()',
    ends: killedFor('memory'),
  },
  {
    name: 'memory by way of /tmp',
    code: 'x = open("/tmp/x", "wb")\nx.write(bytes(60_000_000))\nkept = [bytearray(b"x") * 10_000_000 for _ in range(30)]',
    ends: killedFor('memory'),
  },
  {
    name: 'memory in a child',
    code: 'import os\nif os.fork() == 0:\n    x = bytearray(b"x") * 400_000_000\nos.wait()',
    ends: failedWith('runtime'),
    says: /Operation not permitted/,
  },
  {
    name: 'recursion through the C stack',
    code: 'import sys\nsys.setrecursionlimit(10**8)\nclass A:\n    def __repr__(self): return repr(self)\nrepr(A())',
    ends: { success: false, verdict: 'failed', errorKind: 'runtime', signal: 'SIGSEGV' },
  },
  // Time.
  {
    name: 'spin, deaf to signals',
    code: 'import signal\nfor number in (1, 2, 10, 12, 14, 15): signal.signal(number, signal.SIG_IGN)\nwhile True: pass',
    timeoutMs: 400,
    ends: killedFor('timeout'),
  },
  { name: 'spin in C', code: 'import os\nsum(range(10**12))', timeoutMs: 400, ends: killedFor('timeout') },
  {
    name: '60 threads that spin',
    code: 'import threading\ndef spin():\n    while True: pass\nfor _ in range(60): threading.Thread(target=spin).start()',
    timeoutMs: 600,
    ends: killedFor('timeout'),
  },
  {
    name: 'regular expression bomb',
    code: 'import re\nre.match(r"(a+)+$", "a" * 60 + "!")',
    timeoutMs: 400,
    ends: killedFor('timeout'),
  },
  { name: 'a number without end', code: 'x = 10**10**10', timeoutMs: 400, ends: killedFor('timeout') },
  {
    name: 'sleep that a signal does not end',
    code: 'import threading\nthreading.Event().wait()',
    timeoutMs: 300,
    ends: killedFor('timeout'),
  },
  // Things that are counted.
  {
    name: 'fork bomb',
    code: 'import os\nwhile True: os.fork()',
    ends: failedWith('runtime'),
    says: /Operation not permitted/,
  },
  {
    name: 'thread bomb',
    code: 'import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()',
    ends: failedWith('pids'),
  },
  {
    name: 'descriptor bomb',
    code: 'import os\nwhile True: os.dup(1)',
    ends: failedWith('runtime'),
    says: /Too many open files/,
  },
  {
    name: 'inode bomb',
    code: 'i = 0\nwhile True:\n    open(f"/tmp/{i}", "w").close()\n    i += 1',
    ends: failedWith('runtime'),
    says: /No space left on device/,
  },
  {
    name: 'directory bomb',
    code: 'import os\nwhile True:\n    os.mkdir("d")\n    os.chdir("d")',
    ends: failedWith('runtime'),
    says: /No space left on device|File name too long/,
  },
  {
    name: 'filling /tmp',
    code: 'with open("/tmp/x", "wb", buffering=0) as file:\n    while file.write(bytes(1 << 20)) == 1 << 20: pass\n    file.write(bytes(1 << 20))',
    ends: failedWith('runtime'),
    says: /No space left on device/,
  },
  // Output.
  {
    name: '100 MB on stdout',
    code: 'import sys\nfor _ in range(1_000): sys.stdout.write("x" * 99_999 + "\\n")',
    ends: killedFor('output'),
  },
  {
    name: '100 MB on stderr',
    code: 'import sys\nfor _ in range(1_000): sys.stderr.write("x" * 99_999 + "\\n")',
    ends: killedFor('output'),
  },
  {
    name: 'an endless line past the runner',
    code: 'import os\nwhile True: os.write(2, b"x" * 65_536)',
    ends: killedFor('output'),
  },
  {
    name: 'text that is no UTF-8',
    code: 'import os, sys\nsys.stdout.flush()\nsys.stdout.buffer.write(b"a\\xff\\xc3(\\x00b")',
    ends: { success: true, verdict: 'ok', errorKind: null, stdout: 'a\ufffd\ufffd(\0b' },
  },
  // The protocol, from inside.
  {
    name: 'forged frames on every descriptor',
    code: 'import os\nfor fd in range(3, 40):\n    try: os.write(fd, b"P" + (24).to_bytes(4, "little") + bytes(24))\n    except OSError: pass\nwhile True: pass',
    ends: killedFor('runtime'),
    says: /interfered with its runner/,
  },
  {
    name: 'a frame that is never finished',
    code: `${stolen}import os\nos.write(channel._out_fd, b"E" + (1_000).to_bytes(4, "little") + b"{")\nwhile True: pass`,
    timeoutMs: 400,
    ends: killedFor('timeout'),
  },
  {
    name: 'half a frame and the end',
    code: `${stolen}import os\nos.write(channel._out_fd, b"E" + (1_000).to_bytes(4, "little") + b"{")\nos._exit(0)`,
    ends: failedWith('runtime'),
    says: /exit code 0/,
  },
  {
    name: 'a giant frame',
    code: `${stolen}import os\nos.write(channel._out_fd, b"V" + (2**32 - 1).to_bytes(4, "little"))\nwhile True: pass`,
    ends: killedFor('runtime'),
    says: /interfered with its runner/,
  },
  {
    name: 'positions where none were asked for, with the real nonce',
    code: `${stolen}channel.send(b"P", nonce, bytes(8))\nwhile True: pass`,
    ends: killedFor('runtime'),
    says: /interfered with its runner/,
  },
  {
    name: 'two results, with the real nonce',
    code: `${stolen}channel.send(b"V", nonce, b"1")\nchannel.send(b"V", nonce, b"2")\nwhile True: pass`,
    ends: killedFor('runtime'),
    says: /interfered with its runner/,
  },
  {
    name: 'a result nested without end',
    code: `${stolen}channel.send(b"V", nonce, b"[" * 100_000 + b"]" * 100_000)\nwhile True: pass`,
    ends: failedWith('contract'),
    says: /nested deeper than 64 levels/,
  },
  {
    name: 'a result that would change a prototype',
    code: `${stolen}channel.send(b"V", nonce, b'{"__proto__": {"approved": true}}')\nwhile True: pass`,
    ends: failedWith('contract'),
    says: /__proto__/,
  },
  {
    name: 'a result that is not a number',
    code: `${stolen}channel.send(b"V", nonce, b'{"equity": NaN}')\nwhile True: pass`,
    ends: killedFor('runtime'),
    says: /interfered with its runner/,
  },
  {
    name: 'a result in broken UTF-8',
    code: `${stolen}channel.send(b"V", nonce, b'"\\xff"')\nwhile True: pass`,
    ends: killedFor('runtime'),
    says: /interfered with its runner/,
  },
  {
    name: 'an exit code that is none',
    code: `${stolen}channel.send(b"D", nonce, b'{"exitCode": -1}')\nwhile True: pass`,
    ends: killedFor('runtime'),
    says: /interfered with its runner/,
  },
  {
    name: 'a fault of an unknown kind',
    code: `${stolen}channel.send(b"E", nonce, b'{"kind": "internal", "message": "not my fault"}')\nwhile True: pass`,
    ends: killedFor('runtime'),
    says: /interfered with its runner/,
  },
  {
    name: 'saying that processes ran out when none did',
    code: 'import sys\nraise RuntimeError("can\'t start new thread")',
    ends: failedWith('runtime'),
  },
  // Other doors into the kernel.
  {
    name: 'the x32 door',
    code: 'import ctypes\nctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 + 39))',
    ends: { success: false, errorKind: 'blocked', signal: 'SIGSYS' },
  },
  {
    name: 'the i386 door',
    code: `import ctypes
libc = ctypes.CDLL(None)
address = lambda name: ctypes.cast(getattr(libc, name), ctypes.c_void_p).value
known = sorted(map(address, ["abort", "write", "qsort", "printf", "system", "strtol", "regexec", "getaddrinfo", "readdir", "mktime"]))
code = ctypes.string_at(known[0], known[-1] - known[0])
ctypes.CFUNCTYPE(None)(known[0] + code.index(b"\\xcd\\x80"))()`,
    ends: { success: false, errorKind: 'blocked', signal: 'SIGSYS' },
  },
];
