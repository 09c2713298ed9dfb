# SPDX-License-Identifier: GPL-2.0-or-later
"""Targets in namespaces of their own, goroutop in theirs or in another; executables that are no
longer where they were. Threads are as goroutop's own namespace numbers them."""

import os
import shutil
import tempfile

from suite import test
import containers
import golang
import live
import oracles
import privilege
import schema
import truth

POPULATION = {"chanrecv": 3, "mutex": 2, "locked": 3, "lockedsyscall": 3, "syscall": 2}


class Contained(live.Oracle):
    """An oracle behind words that start it elsewhere; pid is its number for us."""

    def __init__(self, before, path=None, **more):
        super().__init__(path=path or golang.program("oracle", "stripped"), before=before, **more)
        self.pid = live.descendant(self.pid, "oracle")
        self.populate(**POPULATION)


def agree(oracle, pid, before=(), level=0, source="auto", mode="probe+memory"):
    """Holds that goroutop, started behind those words, shows that pid as it is, before and after a storm."""
    with live.Goroutop("-F", "json", "-d", "0.2", "--source", source, "-p", pid, before=before) as g:
        stream = live.Pictures(g)
        known = containers.as_seen(oracle.truth(), oracle.pid, level)
        truth.hold(known, stream.next())
        oracle.ask("storm 1")
        oracle.ask("barrier")
        known = containers.as_seen(oracle.truth(), oracle.pid, level)
        last = oracles.hold_now(known, {source: stream})[source]
        schema.check(stream.seen)
        assert last["source"]["mode"] == mode, (last["source"], g.err.text())
        if mode.startswith("probe"):
            assert last["source"]["transitions"] > 1000, last["source"]
        return last


@test(alone=True, each=lambda: oracles.SOURCES)
def a_target_in_a_container_is_watched_from_the_host(source):
    """Its own user, pid and mount namespaces: the host's PID is given."""
    privilege.for_probes()
    with Contained(containers.unshare(*containers.USER, *containers.PID)) as oracle:
        assert len(containers.numbers(oracle.pid)) > 1 and containers.numbers(oracle.pid)[-1] != oracle.pid
        agree(oracle, oracle.pid, source=source, mode="memory" if source == "memory" else "probe+memory")


@test(alone=True)
def the_executable_is_the_one_of_its_own_mount_namespace():
    """Where its path leads, for us, to another program."""
    privilege.for_probes()
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "oracle")
    shutil.copy(golang.program("actor"), path)  # what the host has there
    hidden = "mount -t tmpfs none $0 && cp $1 $0/oracle && exec $0/oracle"
    before = [*containers.unshare("--mount", *containers.PID), "sh", "-c", hidden, folder]
    with Contained(before) as oracle:
        last = agree(oracle, oracle.pid)
        assert last["target"]["exe"] == path, last["target"]


@test(alone=True)
def goroutop_in_the_targets_own_container():
    """Identity by bpf_get_ns_current_pid_tgid; numbers are the container's."""
    privilege.for_probes()
    with Contained(containers.unshare(*containers.PID)) as oracle:
        own = containers.numbers(oracle.pid)[-1]
        agree(oracle, own, before=containers.enter(oracle.pid, "--pid", "--mount"), level=-1)


@test(alone=True)
def goroutop_in_a_container_around_the_targets():
    """Neither the first namespace nor the target's: no filter in the kernel's program, and threads
    come from memory."""
    privilege.for_probes()
    with live.Process([*containers.unshare(*containers.PID), "sleep", "1000"]) as outer:
        inside = containers.enter(live.descendant(outer.pid, "sleep"), "--pid", "--mount")
        with Contained([*inside, *containers.unshare(*containers.PID)]) as oracle:
            seen = containers.numbers(oracle.pid)
            assert len(seen) == 3, seen
            agree(oracle, seen[1], before=inside, level=1)


def elsewhere():
    """Words for a goroutop in a PID namespace of its own that sees the host's /proc."""
    return containers.unshare("--pid", "--fork", "--kill-child")


@test(alone=True)
def goroutop_in_another_container_goes_on_from_memory():
    """Nothing can be bound to a process that its namespace does not see."""
    privilege.for_probes()
    with live.Oracle("stripped") as oracle:
        oracle.populate(**POPULATION)
        with live.Goroutop("-F", "json", "-n", "1", "-p", oracle.pid, before=elsewhere()) as g:
            picture = live.Pictures(g).next()
            truth.hold(oracle.truth(), picture)
            assert picture["source"]["mode"] == "memory", picture["source"]
            assert g.end() == 0 and "namespace" in g.err.text(), g.err.text()
        live.one_line(live.goroutop("-F", "json", "-n", "1", "--source", "probe", "-p", oracle.pid,
                                    before=elsewhere()), 3, "namespace", str(oracle.pid))


@test
def in_a_rootless_container_memory_is_all_there_is():
    """root of a user namespace: what it may is not what bpf(2) asks for."""
    with Contained(containers.unshare(*containers.USER, *containers.PID)) as oracle:
        inside = containers.enter(oracle.pid, "--user", "--pid", "--mount")
        own = containers.numbers(oracle.pid)[-1]
        agree(oracle, own, before=inside, level=-1, mode="memory")
        live.one_line(live.goroutop("-F", "json", "-n", "1", "--source", "probe", "-p", own, before=inside),
                      3, "user namespace")


@test
def out_of_a_rootless_container_nothing_can_be_watched():
    with live.Oracle("stripped") as oracle:
        live.one_line(live.goroutop("-F", "json", "-n", "1", "-p", oracle.pid,
                                    before=containers.unshare(*containers.USER)),
                      3, "user namespace", str(oracle.pid))


@test(alone=True, each=lambda: ["deleted", "replaced"])
def an_executable_that_is_no_longer_there(what):
    """It is probed by its inode, whatever its path leads to now."""
    privilege.for_probes()
    path = live.copy_as(golang.program("oracle", "stripped"), "oracle")
    with live.Oracle(path=path) as oracle:
        if what == "deleted":
            os.unlink(path)
        else:
            shutil.copy(golang.program("actor"), path + ".new")
            os.rename(path + ".new", path)
        oracle.populate(**POPULATION)
        last = agree(oracle, oracle.pid)
        assert last["target"]["exe"].startswith(path), last["target"]


@test(alone=True)
def an_executable_that_has_never_been_a_file():
    """A memfd, as some installers start what they carry."""
    privilege.for_probes()
    fd = os.memfd_create("oracle")
    with open(golang.program("oracle", "stripped"), "rb") as f:
        os.write(fd, f.read())
    with live.Oracle(path=f"/proc/self/fd/{fd}", pass_fds=[fd]) as oracle:
        oracle.populate(**POPULATION)
        agree(oracle, oracle.pid)
    os.close(fd)
