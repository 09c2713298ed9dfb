# SPDX-License-Identifier: GPL-2.0-or-later
"""The screen of what is blocked on."""

import re

from suite import test
from blocked import Blocked
from terminal import Screen, fits, sizes


def lines_of(text):
    """The rows of the list: waiters, oldest, and the rest."""
    found = re.findall(r"^ +([\d,]+) +([≥~]?[\d.]+\S+|–) (.+)$", text, re.MULTILINE)
    return [(int(n.replace(",", "")), age, rest) for n, age, rest in found]


@sizes((50, 14))
def a_pile_on_a_mutex_stands_first(size):
    with Blocked("default", "local", "-pile", "40") as target:
        with Screen(target.pid, width=size[0], height=size[1]) as s:
            s.up()
            s.keys("4")
            text = s.wait(lambda t: lines_of(t) and lines_of(t)[0][0] == 40, "the pile is there", 30)
            mutex = target.object("mutex")
            assert re.match(rf"mutex +{mutex['addr']}", lines_of(text)[0][2]), text
            assert fits(text, size[1]), text
            assert "oldest first" in text or size[0] < 60, text
            if size[1] >= 24:  # there the selected one's facts stand below
                s.wait_for(r"40 to lock it; goroutine \d+ longest", 30)
                s.wait_for("nobody was seen to get it", 30)
            s.keys("Enter")
            s.wait(lambda t: s.rows(t) and {int(r[0]) for r in s.rows(t)} <= set(mutex["want"]["lock"]),
                   "those who wait for it are shown", 30)
            s.wait_for(rf"40 of \d+: waits:{mutex['addr'][:5]}")
            s.keys("4")
            s.wait(lambda t: len(lines_of(t)) > 1 and lines_of(t)[0][0] == 40, "the filter was theirs alone", 30)
            s.keys("q")


@test(alone=True)
def every_kind_is_told_with_its_waiters():
    with Blocked() as target:
        with Screen(target.pid, width=160, height=50) as s:
            s.up()
            s.keys("4")
            s.wait_for(r"objects")
            text = s.wait(lambda t: len(lines_of(t)) > 15, "there are rows", 30)
            for o in target.objects:
                if not o["addr"] or o["kind"] == "never":
                    continue
                n = len({g for goids in o["want"].values() for g in goids})
                assert re.search(rf"^ +{n} +\S+ .*{o['addr']}\b", text, re.MULTILINE), (o, text)
            for o in target.objects:
                if o["kind"] == "fd":
                    shown = re.escape(o["more"]["local"]) if o["more"]["net"] != "unix" else r"/\S+sock\b"
                    assert re.search(rf"{o['more']['net']} +{shown}", text), (o, text)
            assert re.search(r"^ +3 .* timer ", text, re.MULTILINE), text
            assert re.search(r"^ +[34] .* nothing ", text, re.MULTILINE), text
            # What other goroutines could end stands above what only the world outside can.
            kinds = [rest[:10].strip() for _, _, rest in lines_of(text)]
            outside = [k in ("tcp", "udp", "unix", "file", "fd", "timer", "nothing") for k in kinds]
            assert outside == sorted(outside), kinds
            s.keys("<")
            s.wait_for("most waiters first")
            text = s.wait(lambda t: [n for n, *_ in lines_of(t)][0] == 6, "the most stand first", 30)
            s.keys("I")
            s.wait_for("fewest waiters first")


@test(alone=True)
def who_has_a_lock_is_guessed_and_called_a_guess():
    """They get it in turn, and each keeps it for a second, asleep."""
    with Blocked("default", "local", "-hold", "-pile", "6") as target:
        with Screen(target.pid, width=140, height=40) as s:
            s.up()
            s.keys("4", "<")
            held = s.wait(lambda t: re.search(r"probably held by (\d+) .*a guess", t), "a holder is guessed", 30)
            goid = int(re.search(r"probably held by (\d+)", held)[1])
            assert re.search(rf"held by {goid}\?", held), held
            # The guess goes along with the lock.
            s.wait(lambda t: re.search(r"probably held by (?!%d\b)\d+ " % goid, t), "another one is guessed", 30)


@test(alone=True)
def the_details_name_what_it_waits_on():
    with Blocked() as target:
        chan = next(o for o in target.objects if o["kind"] == "chan" and "send" in o["want"])
        with Screen(target.pid, "-f", f"goid={chan['want']['send'][0]}", width=110, height=35) as s:
            s.up()
            s.keys("Enter")
            s.wait_for(rf"waits on +to send to chan {chan['addr']}, 3 of 3 used, no receivers, 4 senders", 30)
    with Blocked() as target:
        goid = next(g for g, labels in target.labels.items() if "route" in labels)
        with Screen(target.pid, "-f", f"goid={goid}", width=110, height=35) as s:
            s.up()
            s.keys("Enter")
            s.wait_for(r"labels +route=/orders/\{id\} +user=ünï", 30)


@test(alone=True)
def without_colours_and_in_ascii_nothing_is_lost():
    with Blocked() as target:
        with Screen(target.pid, "--color", "never", "--ascii", width=150, height=40) as s:
            s.up()
            s.keys("4")
            text = s.wait(lambda t: len(lines_of(t.replace(">", "≥"))) > 15, "there are rows", 30)
            assert text.isascii(), text
            assert re.search(r"tcp +127\.0\.0\.1:\d+ - 127\.0\.0\.1:\d+", text), text
