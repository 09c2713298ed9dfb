# SPDX-License-Identifier: GPL-2.0-or-later
"""The two oracles, for any build of any release: what the target knows of itself, and the runtime's
own word. Used by tests/live and by the matrix."""

import contextlib
import signal
import time

import golang
import live
import schema
import truth
import word

SOURCES = ("auto", "memory")


def population(oracle, n=3):
    """Some of every kind that can stand still; pollread is for one goroutine."""
    return {kind: 1 if kind == "pollread" else n for kind in oracle.kinds if kind != "spin"}


def probes(source):
    return source != "memory"


@contextlib.contextmanager
def watchers(pid, sources, delay="0.3", overhead="0"):
    """{source: Pictures} of goroutops that watch side by side; probes all the time, unless a bound is given."""
    with contextlib.ExitStack() as stack:
        yield {source: live.Pictures(stack.enter_context(
            live.Goroutop("-F", "json", "-d", delay, "--source", source, "--max-overhead", overhead, "-p", pid,
                          probes=probes(source))))
               for source in sources}


def hold_now(known, streams):
    """Holds what is shown from now on against what is known; the last pictures."""
    last = {}
    for source, stream in streams.items():
        last[source] = stream.fresh()
        truth.hold(known, last[source], f"by --source {source}: ")
    return last


def at_rest_and_after_a_storm(mode="default", toolchain=golang.LOCAL, seconds=10, least=50000, sources=SOURCES,
                              overhead="0"):
    """The first oracle: {source: the last picture}, and how many goroutines the storm made."""
    with live.Oracle(mode, toolchain) as oracle:
        oracle.populate(**population(oracle))
        known = oracle.truth()
        with watchers(oracle.pid, sources, overhead=overhead) as streams:
            for stream in streams.values():
                truth.hold(known, stream.next())
            made = oracle.ask(f"storm {seconds} {least}", timeout=120)["created"]
            oracle.ask("barrier")
            last = hold_now(oracle.truth(), streams)
            for source, stream in streams.items():
                schema.check(stream.seen)
                if overhead == "0":
                    check_counts(last[source], made)
    return last, made


def check_counts(picture, made):
    """With probes each birth was counted, or is known to be lost."""
    source, summary = picture["source"], picture["summary"]
    if not source["mode"].startswith("probe") or source["lost"]:
        return
    assert summary["created"] >= made, (summary, made)
    assert source["transitions"] > made, (source, made)


STILL = ("state", "reason", "thread", "processor", "start", "created_by", "parent", "locked_thread", "system")


def stopped_in_a_storm(mode="default", toolchain=golang.LOCAL, stops=3):
    """Whatever moment of a storm is held on to, the stream of events with memory and memory alone have
    come to the same rows: how many. What memory says of a stopped process is the truth."""
    compared = 0
    with live.Oracle(mode, toolchain) as oracle, watchers(oracle.pid, SOURCES, "0.2") as streams:
        for stream in streams.values():
            stream.next()
        oracle.tell("storm 60 0")  # longer than all stops take: its end is not waited for
        for _ in range(stops):
            time.sleep(0.3)
            live.kill(oracle.pid, signal.SIGSTOP)
            live.wait_until(lambda: set(live.thread_states(oracle.pid)) == {"T"}, "the target is stopped")
            rows = {}
            for source, stream in streams.items():
                stream.fresh()
                for _ in range(2):  # a disagreement is settled by the second look at it
                    picture = stream.next()
                rows[source] = {r["goid"]: {k: r[k] for k in STILL} for r in picture["goroutines"]}
            wrong = [f"{goid}: {rows['auto'].get(goid)}, by memory {rows['memory'].get(goid)}"
                     for goid in rows["auto"].keys() | rows["memory"].keys()
                     if rows["auto"].get(goid) != rows["memory"].get(goid)]
            assert not wrong, "\n".join(wrong[:20])
            assert len(rows["auto"]) >= 20, f"only {len(rows['auto'])} goroutines: no storm"
            compared += len(rows["auto"])
            live.kill(oracle.pid, signal.SIGCONT)
    return compared


def spinning(mode="default", toolchain=golang.LOCAL, sources=SOURCES):
    """More that run than processors: the rest is runnable, and nothing else is said of either."""
    with live.Oracle(mode, toolchain, env={"GOMAXPROCS": "2"}) as oracle:
        oracle.populate(spin=5, chanrecv=2)
        known = oracle.truth()
        next(g for g in known["goroutines"] if g["goid"] == 1)["waits for its turn"] = True
        with watchers(oracle.pid, sources) as streams:
            for stream in streams.values():
                for _ in range(3):
                    picture = stream.next()
                    truth.hold(known, picture)
                    assert picture["summary"]["running"] <= 2, picture["summary"]
                schema.check(stream.seen)
                assert any(p["summary"]["running"] for p in stream.seen), "nothing runs in three looks"


def look_while_frozen(mode, toolchain, source):
    """(the frozen goroutines, a picture of them), or None when the oracle could not hold them back."""
    with live.Oracle(mode, toolchain, env={"GODEBUG": "asyncpreemptoff=1"}) as oracle:
        flag = live.scratch_file(4096)
        oracle.tell(f"freeze {flag} 20")
        frozen = [g for g in oracle.answer()["goroutines"] if g["start"] == "main.frozen"]
        picture = live.picture(oracle.pid, "--source", source, probes=probes(source))
        live.set_byte(flag)
        return (frozen, picture) if oracle.answer()["held"] else None


def behind_the_only_processor(mode="default", toolchain=golang.LOCAL, sources=SOURCES):
    """N runnable goroutines behind a running one."""
    for source in sources:
        frozen, picture = live.wait_until(lambda s=source: look_while_frozen(mode, toolchain, s),
                                          "20 goroutines are frozen", 60)
        rows = {r["goid"]: r for r in picture["goroutines"]}
        assert len(frozen) == 20
        for g in frozen:
            row = rows.get(g["goid"])
            assert row and row["state"] == "runnable" and row["start"] == "main.frozen", f"{g}\n{row}"
            assert row["thread"] is None and row["created_by"] == g["created_by"], f"{g}\n{row}"
        assert rows[1]["state"] == "running" and rows[1]["thread"], rows[1]
        assert picture["summary"]["runnable"] == 20 and picture["summary"]["running"] == 1


def first(mode="default", toolchain=golang.LOCAL, seconds=10, least=50000, sources=SOURCES):
    """The first oracle, whole: {source: the last picture}, goroutines that the storm made."""
    result = at_rest_and_after_a_storm(mode, toolchain, seconds, least, sources)
    stopped_in_a_storm(mode, toolchain)
    spinning(mode, toolchain, sources)
    behind_the_only_processor(mode, toolchain, sources)
    return result


def waiting(url):
    return sum(told.says not in ("runnable", "running") for told in word.dump(url).values())


def second(mode="default", toolchain=golang.LOCAL, rounds=3, sources=SOURCES, loads=(0, 3)):
    """The second oracle on a server of ours, at rest and under load: how many rows agreed."""
    held = 0
    for customers in loads:
        with live.Process([golang.program("pprofd", mode, toolchain), "-load", customers]) as server:
            url = f"http://{server.out.next()}/debug/pprof/goroutine?debug=2"
            live.wait_until(lambda u=url: waiting(u) > 50, "its goroutines have come to where they wait", 60)
            for source in sources:
                comparison, _ = word.compare(server.pid, url, source, rounds)
                assert comparison.held >= 50 * rounds, f"only {comparison.held} stood still"
                held += comparison.held
    return held
