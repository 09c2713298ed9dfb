# SPDX-License-Identifier: GPL-2.0-or-later
"""The table against programs that know the truth about themselves."""

import signal
import time

from suite import test
import live
import oracles
import schema
import truth

SOURCES = list(oracles.SOURCES)
probes = oracles.probes


@test(alone=True, each=lambda: SOURCES)
def the_first_picture_shows_every_goroutine_as_it_is(source):
    with live.Oracle() as oracle:
        oracle.populate(**oracles.population(oracle))
        known = oracle.truth()
        seen = live.pictures(oracle.pid, "--source", source, probes=probes(source))
        schema.check(seen)
        truth.hold(known, seen[0])


@test(alone=True, timeout=120)
def spinning_goroutines_run_or_are_about_to():
    oracles.spinning()


@test(alone=True, timeout=120)
def goroutines_behind_the_only_processor_are_runnable():
    oracles.behind_the_only_processor()


@test(alone=True, timeout=180)
def nothing_is_wrong_after_a_storm():
    last, made = oracles.at_rest_and_after_a_storm()
    assert made >= 50000 and last["auto"]["source"]["mode"] == "probe+memory", (made, last["auto"]["source"])


@test(alone=True, timeout=120)
def nothing_is_wrong_after_a_storm_that_was_probed_for_part_of_the_time():
    """As the bound on the overhead, 5 % unless told otherwise, has it."""
    last, _ = oracles.at_rest_and_after_a_storm(seconds=3, least=0, overhead="5")
    assert last["auto"]["source"]["mode"] == "probe+memory", last["auto"]["source"]


@test(alone=True, timeout=120)
def whatever_moment_a_storm_is_stopped_at_both_ways_show_the_same():
    assert oracles.stopped_in_a_storm(stops=4) > 40


def right_after(oracle, stream):
    oracle.ask("barrier")
    return oracles.hold_now(oracle.truth(), {"auto": stream})["auto"]["source"]


@test(alone=True, timeout=120)
def nothing_is_wrong_after_the_stream_lost_most_of_a_storm():
    """Stopped, it takes nothing out of the ring buffer, and the storm goes on."""
    with live.Oracle() as oracle:
        oracle.populate(**oracles.population(oracle, 2))
        with live.Goroutop("-F", "json", "-d", "0.3", "--max-overhead", "0", "-p", oracle.pid,
                           probes=True) as g:
            stream = live.Pictures(g)
            stream.next()
            oracle.tell("storm 3 0")
            live.kill(g.pid, signal.SIGSTOP)
            time.sleep(2)
            live.kill(g.pid, signal.SIGCONT)
            oracle.answer()
            source = right_after(oracle, stream)
            assert source["lost"] > 1000, source


@test(alone=True, timeout=120)
def nothing_is_wrong_after_a_storm_that_had_no_room_in_the_map():
    with live.Oracle() as oracle:
        oracle.populate(**oracles.population(oracle, 2))
        with live.Goroutop("-F", "json", "-d", "0.3", "--max-goroutines", "16", "--max-overhead", "0",
                           "-p", oracle.pid, probes=True) as g:
            stream = live.Pictures(g)
            stream.next()
            oracle.ask("storm 1 0")
            source = right_after(oracle, stream)
            assert source["map_full"] > 0, source


@test(alone=True, each=lambda: SOURCES)
def goroutines_come_and_go(source):
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=3)
        with live.Goroutop("-F", "json", "-d", "0.1", "--source", source, "-p", oracle.pid,
                           probes=probes(source)) as g:
            stream = live.Pictures(g)
            stream.next()
            oracle.populate(select=4)
            known = oracle.truth()
            truth.hold(known, stream.fresh())
            oracle.ask("release select")
            oracle.ask("barrier")
            known = oracle.truth()
            picture = stream.fresh()
            truth.hold(known, picture)
            assert not any(r["start"] == "main.waitSelect" for r in picture["goroutines"])
            schema.check(stream.seen)


@test(alone=True)
def an_age_is_a_minimum_until_the_goroutine_moves():
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=1)
        with live.Goroutop("-F", "json", "-d", "0.1", "-p", oracle.pid, probes=True) as g:
            stream = live.Pictures(g)
            first = stream.next()
            old = next(r for r in first["goroutines"] if r["start"] == "main.waitChanReceive")
            assert old["age_bound"] == "min", old
            before = time.monotonic()
            oracle.populate(select=1)
            picture = stream.fresh()
            taken = time.monotonic()
            new = next(r for r in picture["goroutines"] if r["start"] == "main.waitSelect")
            assert new["age_bound"] == "exact", new
            assert new["age_ns"] <= (taken - before) * 1e9, new
            same = next(r for r in picture["goroutines"] if r["goid"] == old["goid"])
            assert same["age_bound"] == "min" and same["age_ns"] > old["age_ns"], same
            elapsed = (picture["elapsed_ns"] - first["elapsed_ns"])
            assert abs(same["age_ns"] - old["age_ns"] - elapsed) < 5e6, (old, same, elapsed)


@test(alone=True)
def times_and_counts_add_up():
    with live.Actor("goroutines:5", "churn:1h") as actor:
        seen = live.pictures(actor.pid, "--max-overhead", "0", n=5, delay=0.3, probes=True)
        schema.check(seen)
        assert seen[-1]["source"]["transitions"] > 100, seen[-1]["source"]
        assert seen[-1]["source"]["transitions_per_s"] > 100, seen[-1]["source"]
        main = [next(r for r in p["goroutines"] if r["goid"] == 1) for p in seen]
        for before, after in zip(main[1:], main[2:]):
            for name in ("transitions", "switches", "observed_ns", "waiting_ns"):
                assert after[name] > before[name], f"{name} of goroutine 1: {before}\n{after}"
        still = [r for r in seen[-1]["goroutines"] if r["start"] == "main.leftBehind"]
        assert len(still) == 5
        assert all(r["transitions"] == 0 for r in still), still


@test(alone=True, timeout=180, each=lambda: SOURCES)
def a_hundred_thousand_goroutines_are_shown(source):
    with live.Oracle() as oracle:
        oracle.ask("spawn 100000")
        with live.Goroutop("-F", "json", "-d", "1", "--source", source, "-p", oracle.pid,
                           probes=probes(source)) as g:
            stream = live.Pictures(g)
            # The oracle's own barrier would write 100,000 tracebacks.
            while (picture := stream.next(60))["summary"]["waiting"] != 100000:
                assert len(stream.seen) < 30, picture["summary"]
            assert picture["summary"]["goroutines"] == 100001, picture["summary"]
            assert len({r["goid"] for r in picture["goroutines"]}) == 100001
            assert picture["source"]["map_full"] in (0, None), picture["source"]


@test(alone=True, each=lambda: SOURCES)
def the_runtimes_own_are_hidden_unless_asked_for(source):
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=2)
        known = oracle.truth()
        some = live.picture(oracle.pid, "--source", source, probes=probes(source))
        every = live.picture(oracle.pid, "--source", source, "-a", probes=probes(source))
        schema.check([every])
        truth.hold(known, some)
        own = [r for r in every["goroutines"] if r["system"]]
        assert "runtime.forcegchelper" in {r["start"] for r in own}, own
        assert all(r["start"].startswith("runtime.") for r in own), own
        assert some["summary"]["system"] == len(own), (some["summary"], len(own))
        assert every["summary"]["goroutines"] == known["count"] + len(own), every["summary"]
