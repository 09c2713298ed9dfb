# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels that lack something: a seccomp filter answers as they would, or a mount hides what they have not."""

import ctypes
import errno
import platform
import struct

import containers
import privilege

SYS_BPF = privilege.SYS_BPF
SYS_PERF_EVENT_OPEN = {"x86_64": 298, "aarch64": 241}
BPF_MAP_CREATE, BPF_LINK_CREATE = 0, 28
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, FILTER = 22, 38, 2
LOAD, IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
FAIL, ALLOW = 0x00050000, 0x7FFF0000
NUMBER, FIRST_ARGUMENT = 0, 16  # in struct seccomp_data


class Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = [("n", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def filter_of(numbers, command, error):
    """Has a system call, or bpf(2) of that command alone, fail with an error."""
    steps = [(LOAD, 0, 0, NUMBER), (IF_EQUAL, 0, 3, numbers[platform.machine()]), (LOAD, 0, 0, FIRST_ARGUMENT),
             (IF_EQUAL, 0, 0 if command is None else 1, command or 0), (RETURN, 0, 0, FAIL | error),
             (RETURN, 0, 0, ALLOW)]
    return Program(len(steps), b"".join(struct.pack("=HBBI", *step) for step in steps))


def answering(*answers):
    """What a process is to do before its exec, so that its system calls are answered like that."""
    libc = ctypes.CDLL(None, use_errno=True)
    filters = [filter_of(*answer) for answer in answers]

    def begin():
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        for one in filters:
            if libc.prctl(PR_SET_SECCOMP, FILTER, ctypes.byref(one)):
                raise OSError(ctypes.get_errno(), "seccomp")

    return {"preexec_fn": begin}


NO_MULTI = (SYS_BPF, BPF_LINK_CREATE, errno.EINVAL)  # before Linux 6.6


def bpf():
    return answering((SYS_BPF, None, errno.ENOSYS))


def ring_buffer():
    return answering((SYS_BPF, BPF_MAP_CREATE, errno.EINVAL))


def perf_events():
    return answering(NO_MULTI, (SYS_PERF_EVENT_OPEN, None, errno.ENOSYS))


def uprobes():
    mount = 'mount -t tmpfs none /sys/bus/event_source/devices && exec "$@"'
    return {**answering(NO_MULTI), "before": [*containers.unshare("--mount"), "sh", "-c", mount, "sh"]}
