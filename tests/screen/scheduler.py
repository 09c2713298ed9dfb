# SPDX-License-Identifier: GPL-2.0-or-later
"""The scheduler's screen and the line of alarms."""

import re
import signal

from suite import test
from stall import Stall
from terminal import Screen, fits, sizes


@sizes((50, 16))
def it_shows_each_p_with_its_goroutine(size):
    with Stall("spin", "6", env={"GOMAXPROCS": "3"}) as target:
        with Screen(target.pid, width=size[0], height=size[1]) as s:
            s.up()
            s.keys("3")
            text = s.wait(lambda t: len(re.findall(r"^ +[0-2] running ", t, re.MULTILINE)) == 3,
                          "three Ps run", 30)
            assert "GOMAXPROCS 3" in text and "idle 0" in text, text
            assert fits(text, size[1]), text
            s.keys("1")
            s.up()
            s.keys("q")
            assert s.over() == 0


@sizes((50, 16))
def a_thread_off_cpu_stands_out(size):
    """By the word of the kernel: it sleeps, though its goroutine is to run; or it is stopped."""
    with Stall("hold", env={"GOMAXPROCS": "2"}) as target:
        with Screen(target.pid, width=size[0], height=size[1]) as s:
            s.up()
            s.keys("3")
            s.wait_for(r"^ +[01] running [\d ]+off ", 30)
            target.signal(signal.SIGSTOP)
            s.wait_for(r"^ +[01] running [\d ]+T ", 30)
            target.signal(signal.SIGCONT)
            s.wait_for(r"^ +[01] running [\d ]+off ", 30)


@sizes((50, 16))
def it_shows_how_late_and_how_long(size):
    with Stall("spin", "6", env={"GOMAXPROCS": "2"}) as target:
        with Screen(target.pid, width=size[0], height=size[1]) as s:
            s.up()
            s.keys("3")
            # two kinds of times behind each: a value, or the bound of a bucket
            text = s.wait_for(r"since attach .*\d(ms|µs|s)", 30)
            assert re.search(r"Latency +p50 +p90 +p99 +max", text), text
            assert ("Run lengths" in text) == (size[0] >= 80), text


@test(alone=True)
def without_probes_it_says_that_latencies_are_not_known():
    with Stall("sleep", env={"GOMAXPROCS": "2"}) as target:
        with Screen(target.pid, probes=False) as s:
            s.up()
            s.keys("3")
            text = s.wait_for("known with probes only")
            assert re.search(r"^ +1 idle ", text, re.MULTILINE), text


@test(alone=True)
def more_ps_than_lines_are_scrolled():
    with Stall("sleep", env={"GOMAXPROCS": "40"}) as target:
        with Screen(target.pid) as s:
            s.up()
            s.keys("3")
            s.wait_for(r"^ +0 idle")
            s.wait_for(r"Ps 1-\d+ of 40")
            s.keys("End")
            s.wait_for(r"^ +39 idle")
            s.keys("Home")
            s.wait_for(r"^ +0 idle")


@test(alone=True)
def an_alarm_has_a_line_and_goes_with_its_cause():
    with Stall("stop", env={"GODEBUG": "asyncpreemptoff=1"}) as target:
        with Screen(target.pid) as s:
            text = s.wait_for(r"stopping the world for over .*, held up by \d+", 30)
            assert text.index("stopping") < text.index("GOID"), text
    with Stall("spin", "8", env={"GOMAXPROCS": "2"}) as target:
        with Screen(target.pid, probes=False) as s:
            assert "no P runs" not in s.up()
            target.signal(signal.SIGSTOP)
            s.wait_for("no P runs", 30)
            target.signal(signal.SIGCONT)
            s.wait(lambda t: s.rows(t) and "no P runs" not in t, "the alarm is gone", 30)
