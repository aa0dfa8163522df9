"""The filter the runner puts on itself once it has booted: what starting needed and a program never does is refused for good.

The engine's profile must let `execve` pass, because it is in force before Python starts. From here on no program is started, no
process is made, and nobody opens /proc/self again. A second filter can only refuse more.
"""

import ctypes
import struct

# x86-64 only, as the engine's profile.
AUDIT_ARCH_X86_64 = 0xC000003E
X32_BIT = 0x40000000
CLONE_THREAD = 0x00010000
PR_SET_NAME, PR_GET_NAME = 15, 16

SYS_CLONE, SYS_FORK, SYS_VFORK, SYS_EXECVE, SYS_EXECVEAT = 56, 57, 58, 59, 322
SYS_PRCTL, SYS_ARCH_PRCTL, SYS_SECCOMP, SYS_CLONE3 = 157, 158, 317, 435
REFUSED = (SYS_FORK, SYS_VFORK, SYS_EXECVE, SYS_EXECVEAT, SYS_ARCH_PRCTL, SYS_SECCOMP)

EPERM, ENOSYS = 1, 38
ALLOW, ERRNO, KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
SECCOMP_SET_MODE_FILTER, ALL_THREADS = 1, 1

LOAD, EQUAL, AT_LEAST, HAS_BITS, ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16


def step(code, value, if_true=0, if_false=0):
    return struct.pack("<HBBI", code, if_true, if_false, value)


def answer(value):
    return step(ANSWER, value)


def program():
    steps = [
        step(LOAD, ARCHITECTURE),
        step(EQUAL, AUDIT_ARCH_X86_64, 1, 0),
        answer(KILL_PROCESS),
        step(LOAD, NUMBER),
        step(AT_LEAST, X32_BIT, 0, 1),
        answer(KILL_PROCESS),
    ]
    for number in REFUSED:
        steps += [step(EQUAL, number, 0, 1), answer(ERRNO | EPERM)]
    # The flags of clone3 are behind a pointer: glibc then takes clone.
    steps += [step(EQUAL, SYS_CLONE3, 0, 1), answer(ERRNO | ENOSYS)]
    threads_only = [step(LOAD, FIRST_ARGUMENT), step(HAS_BITS, CLONE_THREAD, 1, 0), answer(ERRNO | EPERM), answer(ALLOW)]
    steps += [step(EQUAL, SYS_CLONE, 0, len(threads_only)), *threads_only]
    names_only = [
        step(LOAD, FIRST_ARGUMENT),
        step(EQUAL, PR_SET_NAME, 2, 0),
        step(EQUAL, PR_GET_NAME, 1, 0),
        answer(ERRNO | EPERM),
        answer(ALLOW),
    ]
    steps += [step(EQUAL, SYS_PRCTL, 0, len(names_only)), *names_only]
    return [*steps, answer(ALLOW)]


def close_the_door():
    """Puts the filter on every thread of this process. Raises OSError when the kernel refuses it: then nothing may run here."""
    steps = program()
    instructions = ctypes.create_string_buffer(b"".join(steps))
    head = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", len(steps), ctypes.addressof(instructions)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(SYS_SECCOMP, SECCOMP_SET_MODE_FILTER, ALL_THREADS, head) != 0:
        raise OSError(ctypes.get_errno(), "the runner could not put its own filter on itself")
