# SPDX-License-Identifier: GPL-2.0-or-later
"""--syscalls: from Go 1.26 on syscalls bypass casgstatus; probed where they do, each is timed."""

import contextlib

from suite import test
from churn import Churn
import events
import golang
import live

RUNNING, SYSCALL = 2, 3
BYPASSES = ["go1.26.11", "go1.27.4"]
CALLS, PAUSE = 40, 5000  # µs


@contextlib.contextmanager
def watched(toolchain, *arguments, mode="default"):
    with Churn(toolchain, mode) as churn:
        churn.ask("syscalls 1 0")  # now there is the goroutine that makes them
        with live.Goroutop("-F", "json", "-d", "0.2", "--max-overhead", "0", *arguments, "-p", churn.pid,
                           probes=True) as g:
            yield churn, live.Pictures(g)


def row_of(stream, goid):
    """Its row, of a picture whose look began after now."""
    picture = stream.fresh()
    return next(r for r in picture["goroutines"] if r["goid"] == goid), picture


def time_them(churn, stream):
    """(the row's nanoseconds in each state, what the target measured) for CALLS syscalls."""
    goid = churn.ask("syscalls 1 0")["goid"]
    before, _ = row_of(stream, goid)
    told = churn.ask(f"syscalls {CALLS} {PAUSE}")
    after, picture = row_of(stream, goid)
    assert picture["source"]["lost"] == 0, picture["source"]
    names = ("running_ns", "runnable_ns", "waiting_ns", "syscall_ns", "unknown_ns")
    return {n: None if after[n] is None else after[n] - before[n] for n in names}, told, before, after


def check_times(spent, told, before, after):
    # The target saw the call from outside, so a little longer; and each lasted as long as it slept.
    assert CALLS * PAUSE * 1000 <= spent["syscall_ns"] <= told["ns"], (spent, told)
    # After a long call it may have to wait for a processor: that is within what the target saw.
    assert spent["syscall_ns"] + spent["runnable_ns"] >= 0.8 * told["ns"], (spent, told)
    assert spent["running_ns"] < 0.5 * spent["syscall_ns"], spent
    assert spent["unknown_ns"] == 0, spent
    assert after["transitions"] - before["transitions"] >= 2 * CALLS, (before, after)


@test(alone=True, timeout=180, each=lambda: [golang.LOCAL, *BYPASSES])
def each_syscall_is_timed(toolchain):
    with watched(toolchain, "--syscalls") as (churn, stream):
        check_times(*time_them(churn, stream))
        if golang.minor(churn.told["version"]) >= 26:
            assert stream.seen[-1]["source"]["probe"]["sites"] == 3, stream.seen[-1]["source"]


@test(alone=True, timeout=180)
def each_syscall_is_timed_before_they_bypassed_casgstatus_as_well():
    for arguments in ((), ("--syscalls",)):
        with watched("go1.25.7", *arguments) as (churn, stream):
            check_times(*time_them(churn, stream))
            assert stream.seen[-1]["source"]["probe"]["sites"] == 1, stream.seen[-1]["source"]


@test(alone=True, timeout=180, each=lambda: BYPASSES)
def without_the_option_their_time_is_not_known(toolchain):
    with watched(toolchain) as (churn, stream):
        spent, told, _, after = time_them(churn, stream)
        assert after["syscall_ns"] is None and spent["syscall_ns"] is None, after
        assert spent["running_ns"] >= 0.8 * told["ns"], (spent, told)
        assert stream.seen[-1]["source"]["probe"]["sites"] == 1, stream.seen[-1]["source"]


@test(alone=True, timeout=180, each=lambda: [(t, m) for t in BYPASSES for m in ("default", "stripped-pie")],
      call=", ".join)
def there_is_one_way_in_and_one_way_out_for_each_call(case):
    toolchain, mode = case
    number = 1000
    with Churn(toolchain, mode) as churn:
        churn.ask("syscalls 1 0")
        with live.Goroutop("-F", "events", "--syscalls", "-d", "0.1", "--max-overhead", "0", "-p", churn.pid,
                           probes=True) as g:
            live.wait_until(lambda: g.out.lines, "it is attached", 30)
            churn.ask("syscalls 1 0")
            told = churn.ask(f"syscalls {number} 0")
            last = churn.ask("goid")["goid"]
            live.wait_until(lambda: f" {last} " in g.out.text(), "the last transition is told", 30)
            g.signal(2)
            g.end()
            seen, comments = events.parse(g.out.text())
    assert not [c for c in comments if "lost" in c], comments
    life = [e for e in seen if e.goid == str(told["goid"])]
    torn = [(a.line, b.line) for a, b in zip(life, life[1:]) if a.new != b.old]
    assert not torn, torn[:3]
    entered = [e for e in life if (e.old, e.new) == (RUNNING, SYSCALL)]
    left = [e for e in life if e.old == SYSCALL]
    assert len(entered) == len(left) >= number, (len(entered), len(left))
    assert len(entered) <= number + 20, len(entered)  # the first one, and what time.Now and goid make
    assert {e.new for e in left} == {RUNNING}, left[0].line
