# SPDX-License-Identifier: GPL-2.0-or-later
"""-F events: one line a transition, as casgstatus made it."""

import os

from suite import test
from events import HEADER, parse
import live


def record(*arguments, steps=("churn:1h",), n=3, delay=0.3):
    """(the target's threads, events, comments) of a second or so; probed all the time, however dear that is."""
    with live.Actor(*steps) as actor:
        result = live.goroutop("-F", "events", "-n", n, "-d", delay, "--max-overhead", "0", *arguments, "-p", actor.pid,
                               probes=True)
        assert result.status == 0, result
        return set(os.listdir(f"/proc/{actor.pid}/task")), *parse(result.out)


@test(alone=True)
def every_line_is_a_transition_of_the_target():
    threads, events, _ = record()
    assert len(events) > 100, f"only {len(events)} events"
    assert {e.tid for e in events} - {"-"} <= threads, "a thread that is not the target's"
    # On several CPUs the clock is read a moment before the place in the stream is taken.
    back = [(e.line, f.line) for e, f in zip(events, events[1:]) if f.seconds() < e.seconds() - 0.02]
    assert not back, back[:3]
    pairs = {(e.old, e.new) for e in events}
    assert pairs >= {(4, 1), (1, 2), (2, 4), (2, 6)}, pairs
    for event in events:
        if (event.old, event.new) == (0, 6):
            assert event.goid == "-", event.line
        if event.new == 2:
            assert event.tid != "-" or event.goid == "-", event.line


@test(alone=True, each=lambda: [(), ("--no-waker",)])
def who_woke_it_is_told_unless_it_is_not_asked(arguments):
    _, events, _ = record(*arguments)
    woken = [e for e in events if (e.old, e.new) == (4, 1)]
    assert len(woken) > 10, f"only {len(woken)} of {len(events)} events"
    if arguments:
        assert {e.waker for e in events} == {"-"}, "asked all the same"
    else:
        known = {e.goid for e in events}
        wakers = {e.waker for e in woken} - {"-"}
        assert wakers and wakers & known, wakers
    assert {e.waker for e in events if (e.old, e.new) != (4, 1)} == {"-"}


@test(alone=True)
def each_transition_begins_where_the_one_before_ended():
    _, events, comments = record()
    lost = any(c.startswith("# lost") for c in comments)
    state, broken = {}, []
    for event in events:
        if event.goid == "-":
            continue
        if state.get(event.goid, event.old) != event.old:
            broken.append(event.line)
        state[event.goid] = event.new
    assert lost or not broken, "\n".join(broken[:10])
    assert len(broken) < len(events) / 100, "\n".join(broken[:10])


@test(alone=True)
def a_wait_tells_its_reason():
    _, events, _ = record()
    reasons = {e.reason for e in events if (e.old, e.new) == (2, 4)}
    assert "chan receive" in reasons and "sleep" in reasons, reasons


@test(alone=True)
def a_filter_chooses_events():
    _, events, _ = record("-f", "goid=1")
    assert events and {e.goid for e in events} == {"1"}, {e.goid for e in events}
    _, events, _ = record("-f", 'reason="chan receive"')
    assert events and {e.reason for e in events} == {"chan receive"}, {e.reason for e in events}
    _, events, _ = record("-f", "state:runnable")
    assert events and {e.new for e in events} == {1}, {e.new for e in events}


@test
def memory_gives_no_events():
    with live.Actor("forever") as actor:
        result = live.goroutop("-F", "events", "--source", "memory", "-p", actor.pid)
        live.one_line(result, 2, "events", "probe")


@test
def without_permission_there_are_no_events():
    live.privilege.need_root("to be nobody")
    path = live.copy_as(live.golang.program("actor"), "actor")
    with live.Actor("forever", path=path, user="nobody") as actor:
        result = live.goroutop("-F", "events", "-n", "1", "-p", actor.pid, user="nobody")
        assert result.status == 3 and result.out in ("", HEADER + "\n"), result
        assert "CAP_" in result.err, result
