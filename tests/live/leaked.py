# SPDX-License-Identifier: GPL-2.0-or-later
"""Goroutines that the runtime itself calls leaked (its goroutine leak profile, Go 1.27 on): they are, until
its collector looks again."""

import time

from suite import test
import golang
import live
import oracles
import schema
import word

TOOLCHAINS = ["go1.27.4"]
OURS = 13  # goroutines that the target makes: three times four leaks, and one that is none
KINDS = {"chan receive", "chan send", "select"}  # what is told of them at the first look


class Leaks(live.Process):
    def __init__(self, mode, toolchain):
        super().__init__([golang.program("leaks", mode, toolchain)])
        assert self.out.next() == "ready", self.err.text()

    def profile(self):
        """{goid: what the runtime says of it}, by a leak profile that it makes now."""
        self.send("profile")
        told = {}
        while (line := self.out.next()) != "end":
            assert line is not None, self.err.text()
            header = word.HEADER.match(line)
            if header:
                told[int(header[1])] = header[2]
        return told


def rows(picture):
    return {r["goid"]: r for r in picture["goroutines"] if r["start"] and r["start"].startswith("main.")
            and r["goid"] != 1}


def disagreements(told, row):
    if row["state"] != ("leaked" if "(leaked)" in told else "waiting"):
        yield f"the runtime says {told!r}, we {row['state']}"
    if row["reason"] != told.replace(" (leaked)", ""):
        yield f"the runtime says {told!r}, we {row['reason']!r}"
    if row["thread"] is not None:
        yield f"waits, but on thread {row['thread']}"


def hold(told, picture, who):
    """Each is in the state that the runtime says; how many are leaked."""
    shown = rows(picture)
    assert len(shown) == OURS, f"{who}: {sorted(shown)}"
    wrong = [f"{who}: goroutine {goid}: {d}" for goid, row in shown.items() for d in disagreements(told[goid], row)]
    assert not wrong, "\n".join(wrong)
    assert picture["summary"]["other"] == 0, picture["summary"]
    return sum(row["state"] == "leaked" for row in shown.values())


def look(told, streams):
    """Holds what each source shows from now on against what was told; (how many are leaked, the pictures)."""
    now, pictures, n = time.monotonic(), {}, 0
    for source, stream in streams.items():
        pictures[source] = stream.next_from(now)
        n = hold(told, pictures[source], source)
    return n, pictures


@test(alone=True, timeout=180, each=lambda: [(t, m) for t in TOOLCHAINS for m in ("default", "stripped")],
      call=", ".join)
def who_is_leaked_is_shown_so(case):
    """With probes and without; also when the collector takes it back and says it again: it does that past
    casgstatus, which is known and no miss."""
    toolchain, mode = case
    with Leaks(mode, toolchain) as leaks, oracles.watchers(leaks.pid, oracles.SOURCES, "0.2") as streams:
        for stream in streams.values():
            stream.until(lambda p: [r["state"] for r in rows(p).values()] == ["waiting"] * OURS,
                         "all of them wait", ["goroutines"])
        told = leaks.profile()
        assert {t.removesuffix(" (leaked)") for t in told.values() if "(leaked)" in t} >= KINDS, told
        first, before = look(told, streams)
        told = leaks.profile()
        again, after = look(told, streams)
        assert first >= 9 and again >= 9, (first, again)
        counts = [p["auto"]["source"] for p in (before, after)]
        assert counts[1]["mode"] == "probe+memory", counts
        assert counts[1]["bypassed"] >= counts[0]["bypassed"] + 9, counts
        assert counts[1]["missed"] < 9, counts
        for stream in streams.values():
            schema.check(stream.seen)


@test(alone=True)
def the_filter_and_the_table_know_the_leaked():
    with Leaks("stripped", TOOLCHAINS[0]) as leaks:
        live.wait_until(lambda: [r["state"] for r in rows(live.picture(leaks.pid)).values()] == ["waiting"] * OURS,
                        "all of them wait")
        told = {goid for goid, text in leaks.profile().items() if "(leaked)" in text}
        result = live.goroutop("-F", "table", "-n", "1", "--source", "memory", "-f", "state=leaked", "-p", leaks.pid)
        assert result.status == 0, result
        lines = [line.split() for line in result.out.splitlines() if "leaked" in line.lower().split()]
        assert {int(words[0]) for words in lines} == told and told, f"{told}\n{result}"
