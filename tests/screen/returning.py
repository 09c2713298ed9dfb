# SPDX-License-Identifier: GPL-2.0-or-later
"""What one has looked at, typed or lost comes back as it was: filters, columns, a target that is gone."""

import glob
import json
import re
import tempfile

from suite import test
import live
from terminal import Screen, Terminal


@test(alone=True)
def the_members_of_a_group_take_the_place_of_a_filter_for_a_while():
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=3, mutex=2)
        with Screen(oracle.pid, "-f", "state=waiting", width=100, height=30, probes=False) as s:
            s.up()
            s.keys("2")
            s.wait_for(r"goroutines? in \d+ groups?")
            s.keys("Enter")
            s.wait_for(r" of \d+: created=")
            s.keys("2")
            s.wait_for(r"goroutines? in \d+ groups?")
            text = s.wait_for(r" of \d+: state=waiting")
            assert "created=" not in text, text
            s.keys("Enter")
            s.wait_for(r" of \d+: created=")
            s.keys("Escape")
            s.wait_for(r" of \d+: state=waiting")
            s.keys("Escape")
            s.wait(lambda t: "state=waiting" not in t, "no filter at all")


@test(alone=True)
def what_is_left_of_a_target_can_be_written():
    with tempfile.TemporaryDirectory() as folder, live.Actor("goroutines:3", "copy") as actor:
        with Terminal(width=100, height=30) as s:
            s.shell(f"cd {folder}")
            s.start(live.program(), "--source", "memory", "-p", actor.pid)
            s.wait_for(r"^ +1 \w+")
            actor.process.stdin.close()
            actor.end()
            s.wait_for("ended: a attaches to another")
            s.keys("w")
            s.wait_for(r"wrote .*json")
            with open(glob.glob(f"{folder}/*.json")[0]) as f:
                assert len(json.load(f)["goroutines"]) == 4
            s.keys("4")
            s.wait_for("was not read before the process ended")
            s.keys("2")
            s.wait_for(r"goroutines? in \d+ groups?")


@test(alone=True)
def the_trees_columns_are_those_that_the_menu_shows():
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=3)
        with Screen(oracle.pid, width=80, height=24) as s:
            s.up()
            s.keys("t")
            text = s.wait_for(r"^ +GOID .* START")
            title = next(line for line in text.split("\n") if line.lstrip().startswith("GOID"))
            s.keys("c")
            text = s.wait_for(r"\[x\] GOID")
            chosen = re.findall(r"\[x\] +(\S+(?: \S+)*?)(?:  |$)", text, re.MULTILINE)
            assert chosen and all(word.split()[0] in title for word in chosen), (title, chosen)
            assert "START" in chosen, (title, chosen)


@test(alone=True)
def another_terminals_home_is_no_escape():
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=3)
        with Screen(oracle.pid, "-f", "state=waiting", width=80, height=24, env={"TERM": "xterm-256color"}) as s:
            s.up()
            s.run("send-keys", "-t", "t", "-l", "\033[4~")
            s.run("send-keys", "-t", "t", "-l", "\033[99~")
            s.keys("Z")
            text = s.wait_for("PAUSED")
            assert "state=waiting" in text and s.rows(text), text


@test(alone=True)
def a_profile_is_not_written_onto_a_terminal():
    with live.Actor("forever") as actor, Terminal(width=100, height=30) as s:
        s.start(live.program(), "-F", "pprof", "-p", actor.pid)
        s.wait_for("is binary: use -o FILE or a pipe")
