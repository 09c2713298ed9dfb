# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of Go processes: it is kept up to date, and left for another target."""

import os
import re

from suite import test
import live
from terminal import Screen

# No other test, nor this one run by somebody else, has targets of these names.
PASSING, NEXT = f"passing-{os.getpid()}-by", f"next-{os.getpid()}-target"


def listed(text):
    """PIDs of the list's rows."""
    return [int(pid) for pid in re.findall(r"^ *(\d+) \S+ +go1\.", text, re.MULTILINE)]


def only(s, word):
    """Lets the picker show what has this word, whatever else runs on this machine."""
    s.keys("/")
    s.type(word)
    s.keys("Enter")


@test(alone=True)
def who_comes_and_goes_is_seen_to():
    with Screen(None, probes=False, width=100, height=30) as s:
        s.wait_for("Attach to a Go process")
        only(s, PASSING)
        s.wait_for("no process matches|no Go process runs")
        with live.Actor("forever", name=PASSING) as first:
            s.wait(lambda t: listed(t) == [first.pid], "it comes")
            with live.Actor("forever", name=f"{PASSING}-too") as second:
                s.wait(lambda t: set(listed(t)) == {first.pid, second.pid}, "another one comes")
            s.wait(lambda t: listed(t) == [first.pid], "it goes")
        s.wait_for("no process matches|no Go process runs")
        s.keys("q")
        assert s.over() == 0


@test(alone=True)
def after_the_targets_end_it_leads_to_another():
    with live.Actor("goroutines:5", "forever", name=NEXT) as second:
        with live.Actor("goroutines:3", "copy") as first, Screen(first.pid, width=100, height=30) as s:
            s.wait(lambda t: len(s.rows(t)) == 4, "its rows")
            first.process.stdin.close()
            first.end()
            s.wait(lambda t: "ended: a attaches to another" in t and len(s.rows(t)) == 4, "its end is told")
            s.keys("a")
            s.wait(lambda t: second.pid in listed(t) and first.pid not in listed(t), "the living alone are listed")
            only(s, NEXT)
            s.wait(lambda t: listed(t) == [second.pid], "the other one")
            s.keys("Enter")
            s.wait(lambda t: str(second.pid) in t and len(s.rows(t)) == 6 and "ended:" not in t, "its rows")
            s.keys("q")
            assert s.over() == 0
