import type { Probe } from './attack.ts';

const noPlace = ['EROFS', 'EACCES', 'EPERM', 'ENOENT', 'EISDIR'];
const write = (path: string): Probe => ({
  name: `write ${path}`,
  code: `open(${JSON.stringify(path)}, "wb", buffering=0).write(b"1")`,
  refusedWith: noPlace,
});
const read = (path: string): Probe => ({
  name: `read ${path}`,
  // What is masked is there and empty: only a byte counts as read.
  code: `if not open(${JSON.stringify(path)}, "rb", buffering=0).read(1): raise OSError(2, "empty")`,
  refusedWith: noPlace,
});

/** What a program would like to do with files. */
export const files: readonly Probe[] = [
  ...[
    '/x',
    '/etc/x',
    '/usr/lib/x',
    '/opt/tradewright/program.py',
    '/var/x',
    '/root/x',
    '/run/x',
    '/home/x',
  ].map(write),
  ...['/dev/x', '/dev/shm/x', '/dev/kmsg', '/dev/mem', '/dev/sda'].map(write),
  ...['/proc/sysrq-trigger', '/proc/sys/kernel/core_pattern', '/proc/sys/vm/drop_caches', '/proc/1/mem'].map(
    write,
  ),
  ...['/proc/self/oom_score_adj', '/proc/self/uid_map'].map(write),
  ...['/sys/kernel/profiling', '/sys/fs/cgroup/memory/release_agent', '/sys/power/state'].map(write),
  ...['/proc/1/environ', '/proc/self/environ', '/proc/self/mem'].map(read),
  ...[
    '/proc/kcore',
    '/proc/kallsyms',
    '/proc/keys',
    '/proc/timer_list',
    '/proc/cmdline',
    '/proc/interrupts',
  ].map(read),
  ...['/etc/shadow', '/dev/mem', '/dev/kmsg', '/sys/firmware/x', '/sys/kernel/notes', '/proc/version'].map(
    read,
  ),
  // Message queues are files there; the limit of their bytes is 0.
  { ...write('/dev/mqueue/x'), refusedWith: ['EMFILE', ...noPlace] },
  {
    name: "the engine's socket",
    code: 'import os\nfor place in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock"):\n    os.stat(place)',
    refusedWith: ['ENOENT'],
  },
  {
    name: 'the control groups',
    code: 'import os\nif not os.listdir("/sys/fs/cgroup"): raise OSError(2, "empty")',
    refusedWith: ['ENOENT', 'EACCES'],
  },
  {
    name: 'a symbolic link',
    code: 'import os\nos.symlink("/etc/shadow", "/tmp/symlink")',
    refusedWith: ['EPERM'],
  },
  {
    name: 'a hard link',
    code: 'import os\nos.link("/usr/bin/python3", "/tmp/link")',
    refusedWith: ['EPERM'],
  },
  {
    name: 'a device',
    code: 'import os\nos.mknod("/tmp/device", 0o20666, os.makedev(1, 1))',
    refusedWith: ['EPERM'],
  },
  { name: 'a named pipe', code: 'import os\nos.mkfifo("/tmp/fifo")', refusedWith: ['EPERM'] },
  {
    name: 'a set-uid bit',
    code: 'import os\nopen("/tmp/s", "w").close()\nos.chmod("/tmp/s", 0o4755)',
    refusedWith: ['EPERM'],
  },
  { name: 'another owner', code: 'import os\nos.chown("/tmp", 0, 0)', refusedWith: ['EPERM'] },
  {
    name: 'an extended attribute',
    code: 'import os\nos.setxattr("/tmp", "user.x", b"1")',
    refusedWith: ['EPERM'],
  },
  {
    name: 'a library of its own',
    code: 'import ctypes, shutil\nshutil.copy("/lib/x86_64-linux-gnu/libm.so.6", "/tmp/own.so")\nctypes.CDLL("/tmp/own.so")',
    refusedWith: ['EPERM', 'OSError', 'EACCES'],
  },
  {
    name: 'a lease on a file of the image',
    code: 'import fcntl\nfcntl.fcntl(open("/usr/bin/python3"), 1024, 0)',
    refusedWith: ['EACCES', 'EAGAIN', 'EPERM'],
  },
];
