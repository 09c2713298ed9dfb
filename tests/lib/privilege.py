# SPDX-License-Identifier: GPL-2.0-or-later
"""What may be done here: probes, reading memory, being somebody else."""

import ctypes
import functools
import os
import platform
import subprocess

from suite import Skip

NOBODY = "nobody"
SYS_BPF = {"x86_64": 321, "aarch64": 280}
BPF_MAP_CREATE, BPF_MAP_TYPE_RINGBUF = 0, 27
CAP_SYS_ADMIN = 21


@functools.lru_cache(maxsize=None)
def for_probes():
    """The words before a command that is to set probes: [] for root, sudo for who may use it without
    a password. Skip (probe) where the kernel or the permissions are not there."""
    if not os.path.exists("/sys/bus/event_source/devices/uprobe/type"):
        raise Skip("probe", "this kernel has no uprobes")
    if os.geteuid() == 0:
        if not effective() & (1 << CAP_SYS_ADMIN):
            raise Skip("probe", "root without CAP_SYS_ADMIN")
        if not ring_buffer():
            raise Skip("probe", "this kernel, or what confines us, gives no BPF ring buffer")
        return []
    if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n", "--"]
    raise Skip("probe", "neither root nor sudo without a password")


def for_memory():
    """Skip (memory) where nobody but root may read the memory of another process. Where Yama permits it
    to ancestors alone, our targets say that everybody may (PR_SET_PTRACER)."""
    try:
        with open("/proc/sys/kernel/yama/ptrace_scope") as f:
            scope = int(f.read())
    except FileNotFoundError:
        return
    if scope >= 3 or (scope == 2 and os.geteuid() != 0):
        raise Skip("memory", f"kernel.yama.ptrace_scope is {scope}")


def effective():
    with open("/proc/self/status") as f:
        return next(int(line.split()[1], 16) for line in f if line.startswith("CapEff:"))


def ring_buffer():
    attributes = (ctypes.c_uint32 * 32)(BPF_MAP_TYPE_RINGBUF, 0, 0, os.sysconf("SC_PAGESIZE"))
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(SYS_BPF[platform.machine()], BPF_MAP_CREATE, attributes, ctypes.sizeof(attributes))
    if fd < 0:
        return False
    os.close(fd)
    return True


def need_root(why):
    """For tests that become another user, or give up a capability."""
    if os.geteuid() != 0:
        raise Skip("root", why)


def as_user(user, command):
    """The command of root that runs another one as that user, without any privilege."""
    need_root(f"to be {user}")
    return ["setpriv", f"--reuid={user}", f"--regid={user_group(user)}", "--clear-groups",
            "--inh-caps=-all", "--bounding-set=-all", "--", *command]


def user_group(user):
    import pwd

    return pwd.getpwnam(user).pw_gid


def without(*capabilities):
    """The words before a command of root that lacks these capabilities, in all of its sets."""
    need_root("to give up a capability")
    minus = ",".join(f"-{c}" for c in capabilities)
    return ["setpriv", f"--bounding-set={minus}", f"--inh-caps={minus}", "--"]
