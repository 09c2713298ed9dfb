# SPDX-License-Identifier: GPL-2.0-or-later
"""Groups and the tree on the screen: 80×24 and 160×50, and without colours and signs."""

import re

from suite import Skip, test
from family import Family
import golang
import live
from terminal import Screen, fits, sizes


@sizes()
def groups_and_their_members(size):
    with live.Oracle() as oracle, Screen(oracle.pid, probes=False, width=size[0], height=size[1]) as s:
        oracle.populate(chanrecv=4, select=3)
        s.up()
        s.keys("2")
        text = s.wait_for(r"by creation site .* goroutines in \d+ groups")
        assert fits(text, size[1]), text
        for title in ("COUNT", "CHANGE", "1 MIN", "STATES", "OLDEST", "CREATED BY"):
            assert title in text, text
        s.keys("g")
        s.wait_for("Group by")
        s.keys("Down", "Down", "Down", "Down", "Enter")
        text = s.wait_for(r"by what they wait for")
        s.wait_for(r"^\s+4 .*chan receive")
        s.keys("I")
        s.wait_for(r"COUNT▴")
        s.keys("I", "Home")
        s.wait_for(r"COUNT▾")
        s.keys("Enter")
        s.wait(lambda _: len(s.rows()) >= 3 and len({" ".join(r[3:5]) for r in s.rows()}) == 1, "members of one group")
        s.keys("2", "q")
        s.wait(s.rows, "q leads back to the table")
        s.keys("q")
        assert s.over() == 0


@test(alone=True)
def a_leak_is_marked_with_the_reason_in_words():
    with Family() as family, Screen(family.pid, "--group", "site", "--radar", "grow=5,wait=1s,time=3s", "-d", "0.3",
                                    probes=False) as s:
        family.do("leak")
        text = s.wait_for(r"^! .*main\.leak", timeout=30)
        assert "1 may leak" in text, text
        s.keys("Home")
        s.wait_for(r"may leak: grew by \d+ in .* without falling back;")
        s.wait_for("the oldest .* in chan receive")


@test(alone=True)
def without_colours_and_signs_letters_tell_the_states():
    with live.Oracle() as oracle, Screen(oracle.pid, "--ascii", "--group", "state", probes=False,
                                         env={"NO_COLOR": "1"}) as s:
        oracle.populate(chanrecv=4, syscall=2)
        text = s.wait_for(r"^ +4 .* wwwwwwww .* waiting")
        assert re.search(r" ssssssss .* syscall", text), text
        assert text.isascii(), text


@sizes()
def the_tree_folds_and_keeps_who_has_ended(size):
    if golang.minor(golang.version()) < 21:
        raise Skip("toolchain", "Go 1.21 and newer tell who made a goroutine")
    with Family() as family, Screen(family.pid, "-s", "goid", probes=False, width=size[0], height=size[1]) as s:
        branch, *leaves = family.do("branch 3")
        leaves.sort()  # each P has goids of its own
        s.up()
        s.keys("t")
        text = s.wait_for(rf"^ +{leaves[2]} .*└─ main\.")
        assert fits(text, size[1]), text
        ended = next(line for line in text.split("\n") if re.match(rf" *{branch} ", line))
        assert "ended" in ended and "main.branch" in ended, text
        place = [r[0] for r in s.rows(text)].index(str(branch))
        s.keys(*["Home"], *["Down"] * place, "-")
        s.wait(lambda t: re.search(rf"^ +{branch} .*\[\+\]", t, re.M) and not re.search(rf"^ +{leaves[0]} ", t, re.M),
               "the leaves are folded")
        s.keys("+")
        s.wait_for(rf"^ +{leaves[0]} .*├─ main\.")
        s.keys("F5")
        s.wait(lambda t: s.rows(t) and "├─" not in t, "the table is flat again")
        s.keys("q")
        assert s.over() == 0
