# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds by a profile (go build -pgo), in which casgstatus is inlined into its hot callers: each copy is
probed, and what is read there is what happens. `make matrix` holds them against both oracles as well.
Where one of them cannot be decoded none is probed, and it is said why."""

from report import doctor
from suite import test
from churn import Churn
import elf
import events
import golang
import live
import oracles
import privilege
import rewritten
import truth

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


def play(mode):
    """(pairs of goids, bursts, events) of a churn while it was watched. It makes a million transitions a
    second: what was written faster than it was read here is tried again."""
    for _ in range(5):
        pairs, burst, seen, lost = play_once(mode)
        if not lost:
            return pairs, burst, seen
    raise AssertionError(f"some were lost at each try: {lost}")


def play_once(mode):
    with Churn(mode=mode) as churn:
        with live.Goroutop("-F", "events", "-d", "0.1", "--max-overhead", "0", "-p", churn.pid, probes=True) as g:
            live.wait_until(lambda: g.out.lines, "it is attached", 30)
            burst = [churn.ask(command) for command in ("play 60", "burst 500", "play 60")][1]
            # The churn's own last word: what came before it is in the stream.
            last = churn.ask("goid")["goid"]
            live.wait_until(lambda: f" {last} " in g.out.text(), "the last transition is told", 30)
            g.signal(2)
            g.end()
            seen, comments = events.parse(g.out.text())
    return churn.told["pairs"], burst, seen, [c for c in comments if "lost" in c]


@test(alone=True, timeout=400, each=lambda: MODES)
def no_transition_of_a_profiled_build_is_missed_or_misread(mode):
    copies_of(golang.program("churn", mode))
    pairs, burst, seen = play(mode)
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


# What is done to a copy of casgstatus, or beside it, and what is then said of the function that holds it.
# Its compare-and-swap is one of memory's instructions still, and done once; but not where the copy is.
SPOILT = {
    "its swap is elsewhere": (rewritten.Rewritten.move_swap_away, "it has no compare-and-swap"),
    "it stands beside what is no instruction": (rewritten.Rewritten.spoil, "its code cannot be decoded"),
}
HOLDER = "runtime.ready"


def spoilt(how):
    """(the path of a program with a copy that cannot be decoded, what is to be said of it)."""
    path = golang.program("oracle", "pgo")
    copies = copies_of(path)
    assert HOLDER in copies and len(copies) > 1, copies
    program = rewritten.Rewritten(path)
    change, says = SPOILT[how]
    change(program, HOLDER)
    return program.path, says


def says_why(text, says):
    for part in ("PGO build", "copies of runtime.casgstatus", HOLDER, "cannot be probed", says):
        assert part in text, f"{part!r} is not in: {text}"


@test(alone=True, timeout=120, each=lambda: list(SPOILT))
def one_copy_that_cannot_be_decoded_means_memory_alone(how):
    """The table is right all the same, and not one of the other copies is probed."""
    path, says = spoilt(how)
    with live.Oracle(path=path) as oracle:
        oracle.populate(**oracles.population(oracle, 2))
        with live.Goroutop("-F", "json", "-d", "0.2", "-p", oracle.pid, probes=True) as g:
            stream = live.Pictures(g)
            picture = stream.next()
            truth.hold(oracle.truth(), picture)
            assert picture["source"]["mode"] == "memory" and not picture["source"]["probe"], picture["source"]
            assert not elf.text_changes(oracle.pid, path), "something in its text is probed"
            says_why(g.err.text(), says)
            oracle.ask("storm 1")
            oracle.ask("barrier")
            oracles.hold_now(oracle.truth(), {"auto": stream})


@test(alone=True, each=lambda: list(SPOILT))
def probes_alone_are_refused_where_a_copy_cannot_be_decoded(how):
    path, says = spoilt(how)
    with live.Oracle(path=path) as oracle:
        result = live.goroutop("-F", "json", "-n", "1", "--source", "probe", "-p", oracle.pid, probes=True)
        live.one_line(result, 3, HOLDER, says)
        privilege.for_probes()
        report = doctor(oracle.pid)
        assert list(report["Probe sites"]) == ["sites"], report["Probe sites"]
        mark, said = report["Probe sites"]["sites"]
        assert mark == "!", report["Probe sites"]
        says_why(said, says)
        assert report["Verdict"]["watching"][1].startswith("memory alone"), report["Verdict"]
