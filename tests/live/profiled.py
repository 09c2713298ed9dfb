# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds by a profile (go build -pgo), in which casgstatus is inlined into its hot callers: each copy is
probed, and what is read there is what happens. `make matrix` holds them against both oracles as well."""

import json

from suite import test
import events
import golang
import live

MODES = ["pgo", "http-pgo"]


def copies_of(path):
    copies = golang.inlined_copies(path)
    assert copies, "the compiler has inlined no casgstatus: this build proves nothing"
    return copies


def broken(life):
    """Neighbours in one goroutine's events that do not fit each other: there a transition was not seen,
    or its states were not those that were read."""
    return [(a.line, b.line) for a, b in zip(life, life[1:]) if a.new != b.old]


def by_goid(seen):
    lives = {}
    for event in seen:
        lives.setdefault(event.goid, []).append(event)
    lives.pop("-", None)
    return lives


def play(path):
    """(pairs of goids, bursts, events) of a churn while it was watched. It makes a million transitions a
    second: what was written faster than it was read here is tried again."""
    for _ in range(5):
        pairs, burst, seen, lost = play_once(path)
        if not lost:
            return pairs, burst, seen
    raise AssertionError(f"some were lost at each try: {lost}")


def play_once(path):
    with live.Process([path], env={"GOGC": "off"}) as churn:
        told = json.loads(churn.out.next())
        with live.Goroutop("-F", "events", "-d", "0.1", "--max-overhead", "0", "-p", churn.pid, probes=True) as g:
            live.wait_until(lambda: g.out.lines, "it is attached", 30)
            answers = {}
            for command in ("play 60", "burst 500", "play 60"):
                churn.send(command)
                answers[command] = json.loads(churn.out.next(120))
            # The churn's own last word: what came before it is in the stream.
            churn.send("goid")
            last = json.loads(churn.out.next())["goid"]
            live.wait_until(lambda: f" {last} " in g.out.text(), "the last transition is told", 30)
            g.signal(2)
            g.end()
            seen, comments = events.parse(g.out.text())
    return told["pairs"], answers["burst 500"], seen, [c for c in comments if "lost" in c]


@test(alone=True, timeout=400, each=lambda: MODES)
def no_transition_of_a_profiled_build_is_missed_or_misread(mode):
    path = golang.program("churn", mode)
    copies_of(path)
    pairs, burst, seen = play(path)
    lives = by_goid(seen)
    wrong = [b for life in lives.values() for b in broken(life)]
    assert not wrong, f"{len(wrong)} of {len(seen)}, as {wrong[:3]}"
    for goid in (str(g) for pair in pairs for g in pair):
        waits = [e for e in lives[goid] if (e.old, e.new) == (2, 4)]
        assert len(waits) > 50, f"goroutine {goid} played and waited {len(waits)} times"
        assert {e.reason for e in waits} <= {"chan receive", "chan send", "semacquire"}, waits[0].line
    # Ps take goids by the sixteen: some of the pairs may lie between those of the burst.
    playing = {str(g) for pair in pairs for g in pair}
    born = [life for goid, life in lives.items()
            if burst["low"] <= int(goid) <= burst["high"] and goid not in playing]
    assert len(born) >= 500, len(born)
    unended = [life[-1].line for life in born if (life[-1].old, life[-1].new) != (2, 6)]
    assert not unended, unended[:3]


@test(alone=True, timeout=400, each=lambda: MODES)
def each_function_with_a_copy_has_its_site(mode):
    path = golang.program("oracle", mode)
    copies = copies_of(path)
    with live.Oracle(mode) as oracle:
        picture = live.picture(oracle.pid, probes=True)
    assert picture["source"]["mode"] == "probe+memory", picture["source"]
    assert picture["source"]["probe"]["sites"] >= 1 + len(copies), (picture["source"], copies)
