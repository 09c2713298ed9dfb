# SPDX-License-Identifier: GPL-2.0-or-later
"""Finding the target, and saying why it cannot be watched."""

import os
import re
import shutil
import struct
import subprocess

from suite import test
import golang
import live


def look(*arguments, **more):
    return live.goroutop("-F", "json", "-n", "1", "--source", "memory", *arguments, **more)


@test
def by_pid_and_by_name():
    path = live.copy_as(golang.program("actor"), "lonely-actor")
    with live.Actor("forever", path=path) as actor:
        for words in (["-p", actor.pid], [actor.pid], ["--pid", actor.pid], [f"--pid={actor.pid}"],
                      ["lonely-actor"]):
            result = look(*words)
            assert result.status == 0, result
            assert result.objects()[0]["target"]["pid"] == actor.pid, result


@test
def a_name_that_several_have_is_ambiguous():
    path = live.copy_as(golang.program("actor"), "twin-actor")
    with live.Actor("forever", path=path) as one, live.Actor("forever", path=path) as two:
        result = look("twin-actor")
        assert result.status == 4 and result.out == "", result
        for pid in (one.pid, two.pid):
            assert re.search(rf"\b{pid}\b", result.err), f"{pid} is not listed: {result}"


@test
def a_name_that_nobody_has():
    live.one_line(look("no-such-process-here"), 4, "no-such-process-here")


@test
def a_pid_that_nobody_has():
    with open("/proc/sys/kernel/pid_max") as f:
        pid = int(f.read()) - 1
    assert not os.path.exists(f"/proc/{pid}")
    live.one_line(look("-p", pid), 4, str(pid))


@test
def a_process_that_is_not_go():
    with live.Process(["sleep", "1000"]) as sleeper:
        live.wait_until(lambda: os.readlink(f"/proc/{sleeper.pid}/exe").endswith("sleep"), "sleep runs")
        live.one_line(look("-p", sleeper.pid), 4, str(sleeper.pid), "Go")


@test
def a_kernel_thread():
    if not os.path.exists("/proc/2/comm") or open("/proc/2/comm").read() != "kthreadd\n":
        raise live.Skip("namespace", "no kernel threads in this PID namespace")
    live.one_line(look("-p", 2), 4, "kernel", "thread")


@test
def a_zombie():
    child = subprocess.Popen([golang.program("actor"), "exit:0"])
    live.wait_until(lambda: open(f"/proc/{child.pid}/stat").read().rsplit(")", 1)[1].split()[0] == "Z",
                    "it is a zombie")
    result = look("-p", child.pid)
    child.wait()
    live.one_line(result, 4, str(child.pid))


@test(timeout=400, each=lambda: ["go1.16.15", "go1.12.17"])
def a_go_that_is_too_old_is_named(toolchain):
    path = golang.program("actor", toolchain=toolchain)
    with live.Actor("forever", path=path) as actor:
        # Go 1.12 wrote no build information: then only the format of its tables tells its age.
        named = toolchain if golang.minor(toolchain) >= 13 else "older"
        live.one_line(look("-p", actor.pid), 4, named, "1.17")


@test
def a_go_of_unknown_layout_is_refused_or_marked():
    """A release that no table has, without DWARF: never the nearest guess in silence."""
    go = golang.version()
    future = re.sub(r"go1\.\d\d", "go1.99", go)
    assert len(future) == len(go)
    path = live.copy_as(golang.program("oracle", "stripped"), "future")
    with open(path, "rb") as f:
        text = f.read()
    assert go.encode() in text
    with open(path, "wb") as f:
        f.write(text.replace(go.encode(), future.encode()))
    with live.Oracle(path=path) as oracle:
        oracle.populate(chanrecv=3)
        result = look("-p", oracle.pid)
        if result.status == 0:
            target = result.objects()[0]["target"]
            assert target["layout"] in ("matched", "calibrated") and target["go_version"] == future, target
        else:
            live.one_line(result, 4, future)


@test
def a_script_is_not_go():
    path = live.copy_as("/dev/null", "script")
    with open(path, "w") as f:
        f.write("#!/bin/sh\nread line\n")
    with live.Process([path]) as script:
        live.wait_until(lambda: open(f"/proc/{script.pid}/comm").read() == "script\n", "it runs")
        live.one_line(look("-p", script.pid), 4, "Go")


@test
def a_lying_executable_is_refused():
    """ELF headers that point anywhere must end in a message, not in a crash."""
    path = live.copy_as(shutil.which("sleep"), "liar")
    with live.Process([path, "1000"]) as liar:
        live.wait_until(lambda: os.readlink(f"/proc/{liar.pid}/exe") == path, "it runs")
        os.unlink(path)  # the running one keeps its inode
        live.one_line(look("-p", liar.pid), 4)
    original = golang.program("actor", "stripped")
    for offset, value in ((40, 2**63), (58, 0xffff), (60, 0xffff), (62, 0xfffe)):
        path = live.copy_as(original, "liar")
        with open(path, "r+b") as f:
            f.seek(offset)
            f.write(struct.pack("<Q", value)[:8 if offset == 40 else 2])
        with live.Actor("forever", path=path) as actor:  # the kernel does not look at sections
            result = look("-p", actor.pid)
            assert result.status in (0, 4), f"offset {offset}: {result}"


@test
def a_deleted_executable_works():
    path = live.copy_as(golang.program("oracle", "stripped"), "deleted")
    with live.Oracle(path=path) as oracle:
        os.unlink(path)
        oracle.populate(mutex=4)
        assert len(look("-p", oracle.pid).objects()[0]["goroutines"]) == 5


@test
def the_list_names_go_processes_alone():
    path = live.copy_as(golang.program("actor", "stripped"), "listed-actor")
    with live.Actor("forever", path=path) as actor, live.Process(["sleep", "1000"]) as sleeper:
        result = live.goroutop("-l")
        assert result.status == 0 and result.err == "", result
        lines = result.out.splitlines()
        header, rows = lines[0], lines[1:]
        for word in ("PID", "USER", "GO", "STRIPPED", "THREADS", "CPU", "COMMAND"):
            assert word in header, header
        mine = [row for row in rows if row.split()[0] == str(actor.pid)]
        assert len(mine) == 1, result
        for word in (golang.version(), "yes", "listed-actor"):
            assert word in mine[0], f"{word} is not in {mine[0]}"
        assert not any(row.split()[0] == str(sleeper.pid) for row in rows), result


@test
def who_may_not_see_all_processes_is_told_how_many():
    with live.Actor("forever"):
        result = live.goroutop("-l", user="nobody")
        assert result.status == 0 and "COMMAND" in result.out, result
        told = r"^goroutop: [1-9]\d* process(es)? of other users could not be looked at; sudo goroutop"
        assert re.search(told, result.err), result
