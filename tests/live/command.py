# SPDX-License-Identifier: GPL-2.0-or-later
"""goroutop -- COMMAND: watched from its first goroutine on."""

import os
import pwd
import signal
import time

from suite import test
from terminal import Screen
import containers
import golang
import live
import privilege
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


# ---- its end -----------------------------------------------------------------------------------


def batch(*arguments, **more):
    """One that watches until it is ended; its output goes elsewhere, so that the command keeps the pipes."""
    return live.Goroutop("-F", "json", "-d", "0.1", "-o", live.scratch_file(0), *arguments, **more)


def memory_batch(*arguments):
    return batch("--source", "memory", *arguments)


def started(g, path=None):
    """The pid of the command, once it has become it."""
    child = live.descendant(g.pid, "actor")
    live.wait_until(lambda: os.readlink(f"/proc/{child}/exe") == (path or actor()), "it has become the command")
    return child


def told(pid, name):
    """A line of /proc/PID/status, as words."""
    with open(f"/proc/{pid}/status") as f:
        return next(line.split()[1:] for line in f if line.startswith(name + ":"))


def deaf(pid):
    """Whether it ignores SIGTERM by now."""
    return int(told(pid, "SigIgn")[0], 16) >> (signal.SIGTERM - 1) & 1


def long_before_it_is_killed(child, since):
    live.wait_until(lambda: live.gone(child), "the command is gone")
    took = time.monotonic() - since
    assert took < 4, f"it was gone after {took:.1f} s: SIGTERM alone would have done"


@test
def with_kill_it_ends_as_goroutop_does_by_a_signal():
    with memory_batch("--kill", "--", actor(), "forever") as g:
        child = started(g)
        since = time.monotonic()
        g.signal(signal.SIGTERM)
        assert g.end() == 128 + signal.SIGTERM, g.err.text()
        long_before_it_is_killed(child, since)


@test
def with_kill_it_ends_as_goroutop_does_by_the_number_of_refreshes():
    with memory_batch("-n", "5", "--kill", "--", actor(), "forever") as g:
        child = started(g)
        since = time.monotonic()
        assert g.end() == 0, g.err.text()
        long_before_it_is_killed(child, since)


@test(alone=True)
def with_kill_it_ends_as_the_screen_does():
    with Screen(None, "--kill", "--", actor(), "forever", probes=False) as s:
        s.up()
        child = live.descendant(s.pid(), "actor")
        since = time.monotonic()
        s.keys("q")
        assert s.over() == 0
        long_before_it_is_killed(child, since)


def ends_the_deaf_by_force(*options, path=None):
    with memory_batch("--kill", *options, "--", path or actor(), "deaf", "forever") as g:
        child = started(g, path)
        live.wait_until(lambda: deaf(child), "it ignores SIGTERM")
        since = time.monotonic()
        g.signal(signal.SIGTERM)
        live.wait_until(lambda: live.gone(child), "the command is gone", 15)
        took = time.monotonic() - since
        assert 4 < took < 10, f"it was killed after {took:.1f} s"
        assert g.end() == 128 + signal.SIGTERM, g.err.text()


@test
def one_that_ignores_sigterm_is_killed_after_five_seconds():
    ends_the_deaf_by_force()


@test
def without_kill_it_outlives_a_batch():
    """It still answers, once whoever started it is gone."""
    with memory_batch("--", actor(), "copy") as g:
        started(g)
        g.signal(signal.SIGTERM)
        assert g.process.wait(20) == 128 + signal.SIGTERM
        g.send("still here")
        assert g.out.next() == "still here"
        g.process.stdin.close()


@test(alone=True)
def without_kill_it_outlives_the_screen():
    """It does what comes next, and ends by itself."""
    after = os.path.join(os.environ["TMPDIR"], "after")
    go = os.path.join(os.environ["TMPDIR"], "go")
    os.mkfifo(go)
    with Screen(None, "--", actor(), f"open:{go}", f"file:{after}", probes=False) as s:
        s.up()
        child = live.descendant(s.pid(), "actor")
        s.keys("q")
        assert s.over() == 0
        assert not live.gone(child)
        with open(go, "w"):
            pass
        live.wait_until(lambda: os.path.exists(after), "it does its next step")
        live.wait_until(lambda: live.gone(child), "it ends")


# ---- as another user ---------------------------------------------------------------------------


def hold_is_nobody(pid):
    user = pwd.getpwnam(privilege.NOBODY)
    assert told(pid, "Uid") == [str(user.pw_uid)] * 4, told(pid, "Uid")
    assert told(pid, "Gid") == [str(user.pw_gid)] * 4, told(pid, "Gid")
    groups = sorted(int(word) for word in told(pid, "Groups"))
    assert groups == sorted(os.getgrouplist(user.pw_name, user.pw_gid)), groups
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(told(pid, name)[0], 16) == 0, (name, told(pid, name))


@test(alone=True, each=lambda: ["SIGTERM", "q"])
def it_runs_as_that_user_under_probes_and_is_ended(by):
    """goroutop's own rights stay with it: it probes, and ends what is another user's."""
    privilege.need_root("to start it as nobody")
    path = live.copy_as(actor(), "actor")
    command = ("--kill", "--user", privilege.NOBODY, "--", path, "goroutines:3", "forever")
    if by == "q":
        with Screen(None, *command) as s:
            assert "probe" in s.up()
            child = live.descendant(s.pid(), "actor")
            hold_is_nobody(child)
            since = time.monotonic()
            s.keys("q")
            assert s.over() == 0
            long_before_it_is_killed(child, since)
        return
    with live.Goroutop("-F", "json", "-d", "0.1", *command, probes=True) as g:
        stream = live.Pictures(g)
        stream.until(lambda p: p["summary"]["goroutines"] == 4, "its goroutines are there", ["summary"])
        schema.check(stream.seen)
        assert stream.seen[-1]["source"]["mode"] == "probe+memory", stream.seen[-1]["source"]
        child = started(g, path)
        hold_is_nobody(child)
        since = time.monotonic()
        g.signal(signal.SIGTERM)
        assert g.end() == 128 + signal.SIGTERM, g.err.text()
        long_before_it_is_killed(child, since)


@test
def another_users_that_ignores_sigterm_is_killed_too():
    privilege.need_root("to start it as nobody")
    ends_the_deaf_by_force("--user", privilege.NOBODY, path=live.copy_as(actor(), "actor"))


@test(alone=True)
def what_it_may_not_end_any_more_it_leaves_and_says_so():
    """--drop gave up the capability to end another user's command."""
    privilege.need_root("to start it as nobody")
    path = live.copy_as(actor(), "actor")
    with live.Goroutop("-F", "json", "-d", "0.1", "--drop", "--kill", "--user", privilege.NOBODY, "--", path,
                       "forever", probes=True) as g:
        live.Pictures(g).next()
        child = started(g, path)
        g.signal(signal.SIGTERM)
        try:
            assert g.process.wait(10) == 128 + signal.SIGTERM
            assert not live.gone(child)
            said = [line for line in g.err.text().splitlines() if str(child) in line]
            assert len(said) == 1 and "--drop" in said[0], g.err.text()
        finally:
            os.kill(child, signal.SIGKILL)


@test
def one_that_is_refused_before_it_runs_is_not_left_behind():
    """Too old to be watched: that is seen after the fork, when the child is nobody's already."""
    privilege.need_root("to start it as nobody")
    path = live.copy_as(golang.program("actor", "default", "go1.12.17"), "actor")
    with batch("--user", privilege.NOBODY, "--", path, "forever") as g:
        assert g.end(10) == 4, g.err.text()
        assert "Go 1." in g.err.text() and len(g.err.text().splitlines()) == 1, g.err.text()
        assert not live.children(g.pid)


@test
def an_unknown_user_is_refused():
    for source in ("auto", "memory"):
        result = live.goroutop("-F", "json", "--source", source, "--user", "no-such-user", "--", actor(), "exit:0")
        live.one_line(result, 2, "--user", "no-such-user")


@test
def what_fails_in_the_child_is_told_by_its_own_words():
    """It fails before it waits for us. In a user namespace without any other user root cannot be one."""
    result = live.goroutop("-F", "json", "--source", "memory", "--user", privilege.NOBODY, "--", actor(), "exit:0",
                           before=containers.unshare(*containers.USER))
    live.one_line(result, 4, "could not be started")
    assert "Broken pipe" not in result.err, result


@test
def only_who_may_becomes_another_user():
    privilege.need_root("to be nobody")
    path = live.copy_as(actor(), "actor")
    result = live.goroutop("-F", "json", "--source", "memory", "--user", "root", "--", path, "exit:0", user="nobody")
    live.one_line(result, 3, "--user root", "CAP_SETUID", "sudo")
    result = live.goroutop("-F", "json", "--source", "memory", "-o", live.scratch_file(0), "--user", "nobody", "--",
                           path, "exit:7", user="nobody")
    assert result.status == 7, result
