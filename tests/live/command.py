# SPDX-License-Identifier: GPL-2.0-or-later
"""goroutop -- COMMAND: watched from its first goroutine on."""

import os
import signal

from suite import test
import golang
import live
import schema


def actor(mode="default"):
    return golang.program("actor", mode)


@test(alone=True, each=lambda: ["default", "stripped", "pie"])
def the_first_records_are_those_of_the_first_goroutine(mode):
    result = live.goroutop("-F", "events", "--", actor(mode), "sleep:300ms", probes=True)
    assert result.status == 0, result
    lines = [line.split(" ") for line in result.out.splitlines()[1:] if not line.startswith("#")]
    assert [line[1:3] for line in lines[:2]] == [["IDLE(0)", "DEAD(6)"], ["DEAD(6)", "RUNNABLE(1)"]], lines[:4]
    first = next(line for line in lines if line[1:3] == ["RUNNABLE(1)", "RUNNING(2)"])
    assert first[3] == "1", f"the first goroutine that runs is {first[3]}"
    # A program begins on its first thread, and that is called as the process is.
    assert first[4] == first[5], first


@test(alone=True)
def its_status_is_ours():
    for steps, status in ((["exit:0"], 0), (["exit:7"], 7), ([f"kill:{signal.SIGTERM}"], 143)):
        out = live.scratch_file(0)
        result = live.goroutop("-F", "json", "-d", "0.1", "-o", out, "--", actor(), *steps, probes=True)
        assert result.status == status, f"{steps}: {result}"


@test(alone=True)
def it_keeps_its_input_output_and_errors():
    out = live.scratch_file(0)
    result = live.goroutop("-F", "json", "-d", "0.1", "-o", out, "--", actor(), "out:to-out", "err:to-err",
                           "copy", stdin="from the input\n", probes=True)
    assert result.status == 0 and result.out == "to-out\nfrom the input\n", result
    assert result.err == "to-err\n", result


@test(alone=True)
def it_runs_as_we_were_started():
    """Environment and directory are handed on; none of our descriptors are."""
    folder = os.path.realpath(os.environ["TMPDIR"])
    with live.Goroutop("-F", "json", "-d", "0.1", "-o", live.scratch_file(0), "--", actor(), "wait",
                       probes=True, cwd=folder, env={"HANDED": "on"}) as g:
        child = live.descendant(g.pid, "actor")
        live.wait_until(lambda: os.readlink(f"/proc/{child}/exe") == actor(), "it has become the command")
        assert os.readlink(f"/proc/{child}/cwd") == folder
        with open(f"/proc/{child}/environ", "rb") as f:
            assert b"HANDED=on" in f.read().split(b"\0")
        strange = [link for link in live.descriptors(child) if "bpf" in link or "perf" in link or "mem" in link
                   or "ringbuf" in link]
        assert not strange, strange
        g.process.stdin.close()
        assert g.end() == 0


@test(alone=True)
def the_pictures_are_those_of_the_command():
    out = live.scratch_file(0)
    result = live.goroutop("-F", "json", "-d", "0.1", "-o", out, "--", actor(), "goroutines:10", "sleep:1s",
                           probes=True)
    assert result.status == 0, result
    with open(out) as f:
        seen = live.Result(0, f.read(), "").objects()
    schema.check(seen)
    most = max(p["summary"]["goroutines"] for p in seen)
    assert most == 11, [p["summary"]["goroutines"] for p in seen]
    # In the first of them some may not have had their turn yet.
    rows = [p for p in seen if p["summary"]["goroutines"] == 11][-1]["goroutines"]
    left = [r for r in rows if r["start"] == "main.leftBehind"]
    assert len(left) == 10, len(left)
    wrong = [r for r in left if r["age_bound"] != "exact" or r["transitions"] < 2]  # Go <= 1.23: the first has no goid
    assert not wrong, wrong


@test(alone=True)
def an_interrupt_reaches_both():
    with live.Goroutop("-F", "json", "-d", "0.1", "--", actor(), "forever", probes=True,
                       start_new_session=True) as g:
        stream = live.Pictures(g)
        stream.next()
        child = live.descendant(g.pid, "actor")
        os.killpg(g.pid, signal.SIGINT)
        assert g.end() == 128 + signal.SIGINT
        live.wait_until(lambda: live.gone(child), "the command is gone")


@test
def a_command_that_is_not_go():
    for command in (["sleep", "5"], ["/bin/sh", "-c", "true"]):
        live.one_line(live.goroutop("-F", "json", "--", *command), 4, "Go")
    path = live.copy_as("/dev/null", "wrapper")
    with open(path, "w") as f:
        f.write(f"#!/bin/sh\nexec {actor()} exit:0\n")
    live.one_line(live.goroutop("-F", "json", "--", path), 4, "attach")


@test
def a_command_that_is_not_there():
    live.one_line(live.goroutop("-F", "json", "--", "/nonexistent/program"), 4, "/nonexistent/program")
    live.one_line(live.goroutop("-F", "json", "--", "no-such-program-in-path"), 4, "no-such-program-in-path")
    live.one_line(live.goroutop("-F", "json", "--", "/etc/hostname"), 4, "/etc/hostname")


@test
def it_is_found_in_path():
    path = live.copy_as(actor(), "actor-in-path")
    env = {"PATH": f"{os.path.dirname(path)}:{os.environ['PATH']}"}
    result = live.goroutop("-F", "json", "-d", "0.1", "--source", "memory", "-o",
                           live.scratch_file(0), "--", "actor-in-path", "out:found", env=env)
    assert result.status == 0 and result.out == "found\n", result


@test
def one_that_ends_at_once_keeps_its_status():
    """However far goroutop has come by then: it may have ended before its first look."""
    for _ in range(20):
        result = live.goroutop("-F", "json", "-d", "0.1", "--source", "memory", "-o", live.scratch_file(0), "--",
                               actor(), "exit:7")
        assert result.status == 7, result


@test
def without_probes_memory_tells():
    with live.Goroutop("-F", "json", "-d", "0.1", "--source", "memory", "--", actor(), "goroutines:4", "wait") as g:
        stream = live.Pictures(g)
        stream.until(lambda p: p["summary"]["goroutines"] == 5, "its goroutines are there", ("summary",))
        g.process.stdin.close()
        assert g.end() == 0, g.err.text()
        schema.check([live.parse(line) for line in g.out.text().splitlines()])
