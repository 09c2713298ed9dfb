# SPDX-License-Identifier: GPL-2.0-or-later
"""Namespaces of one's own for a target or for goroutop, by unshare and nsenter."""

import subprocess

from suite import Skip
import live
import privilege

# A PID namespace with its own /proc, which ends with the unshare that made it.
PID = ("--pid", "--fork", "--mount-proc", "--kill-child")
# Another user's view as well: root inside, nobody special outside.
USER = ("--user", "--map-root-user")


def unshare(*options):
    """The words before a command that is to run in new namespaces, or Skip (namespace)."""
    privilege.need_root("to make namespaces")
    live.need("unshare")
    words = ["unshare", *options, "--"]
    done = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Skip("namespace", done.stderr.strip())
    return words


def enter(pid, *options):
    """The words before a command that is to run in the namespaces of a process."""
    return ["nsenter", "-t", str(pid), *options, "--"]


def numbers(pid, thread=None):
    """The number of a thread in each PID namespace that sees it, ours first."""
    with open(f"/proc/{pid}/task/{thread or pid}/status") as f:
        return [int(word) for line in f if line.startswith("NSpid:") for word in line.split()[1:]]


def threads(pid, level=0):
    """{the number that a thread has for itself: the one in the namespace `level` below ours}."""
    ids = (numbers(pid, thread) for thread in live.os.listdir(f"/proc/{pid}/task"))
    return {seen[-1]: seen[level] for seen in ids}


def as_seen(known, pid, level=0):
    """What an oracle told, with its threads as the namespace `level` below ours numbers them."""
    names = threads(pid, level)
    for g in known["goroutines"]:
        if g["thread"] is not None:
            g["thread"] = names[g["thread"]]
    return known
