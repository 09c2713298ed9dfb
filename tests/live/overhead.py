# SPDX-License-Identifier: GPL-2.0-or-later
"""What watching costs the target, held below a bound: by its own count of what it gets done."""

import mmap
import os
import statistics
import struct
import time

from suite import test
import elf
import golang
import live
import schema
import witness
from witness import Witness


TIMES = ("running", "runnable", "waiting", "syscall", "unknown")


class Pingpong(live.Process):
    """tests/targets/pingpong, playing."""

    def __init__(self, kind="pingpong", pairs=1, sleepers=0, toolchain=golang.LOCAL):
        self.path = golang.program("pingpong", "default", toolchain)
        file = live.scratch_file(4096)
        super().__init__([self.path, file, kind, pairs, sleepers])
        with open(file, "rb") as f:
            self.shared = mmap.mmap(f.fileno(), 4096, prot=mmap.PROT_READ)
        live.wait_until(lambda: struct.unpack_from("Q", self.shared, 8)[0], "they play", 30)

    def so_far(self):
        """(rounds, seconds of its CPU time, seconds)"""
        cpu = time.clock_gettime((~self.pid << 3) | 2)  # clock_getcpuclockid(3)
        return struct.unpack_from("Q", self.shared, 0)[0], cpu, time.monotonic()

    def rates(self, pieces, seconds=1.0):
        """Rounds a second of its own CPU time, of each piece; and the CPUs it had meanwhile."""
        rates, first = [], self.so_far()
        last = first
        for _ in range(pieces):
            time.sleep(seconds)
            now = self.so_far()
            if now[1] > last[1]:
                rates.append((now[0] - last[0]) / (now[1] - last[1]))
            last = now
        return rates, (last[1] - first[1]) / (last[2] - first[2])

    def stop(self):
        self.send("")
        live.wait_until(lambda: "still" in self.out.text(), "they stand still", 30)


def watching(target, *arguments, delay=0.2):
    return live.Goroutop("-F", "json", "-d", delay, *arguments, "-p", target.pid, probes=True)


def slower(before, during, after):
    return 100 * (1 - statistics.mean(during) / statistics.mean([*before, *after]))


def measured(target, *arguments):
    """How much slower it is while watched, in percent of the CPU time it uses, and its CPUs."""
    before, _ = target.rates(2)
    with watching(target, *arguments) as g:
        stream = live.Pictures(g)
        stream.next()
        time.sleep(1.5)
        during, cpus = target.rates(4)
        g.signal(2)
        g.end()
        pictures = [live.parse(line) for line in g.out.text().splitlines()]
    time.sleep(0.5)
    after, _ = target.rates(2)
    noise = 100 * abs(statistics.mean(before) - statistics.mean(after)) / statistics.mean(before)
    return slower(before, during, after), noise, cpus, pictures


def slow_down(target, bound):
    """By how much it is slower than it may be, both in percent; what was seen of the share attached."""
    slow, noise, cpus, pictures = measured(target, "--max-overhead", bound)
    # A share of one CPU is more of what a target uses that gets less than one.
    allowed = bound / min(1, cpus) + 2 + noise
    attached = [p["source"]["probe"]["attached_pct"] for p in pictures[2:]]
    assert all(0 <= a <= 100 for a in attached), attached
    return slow - allowed, attached, f"{slow:.1f} % slower, {allowed:.1f} allowed: {bound} of {cpus:.2f} CPUs, " \
        f"noise {noise:.1f}"


@test(alone=True, timeout=180)
def what_probing_takes_stays_within_the_bound():
    with Pingpong() as target:
        without, _, _, pictures = measured(target, "--max-overhead", 0)
        assert without > 30, f"only {without:.1f} % slower without a bound: this test shows nothing"
        assert all(p["source"]["probe"]["attached_pct"] > 99 for p in pictures)
        # Somebody else's load may fall into one measurement, or into all: the best of three counts.
        tries = []
        while not tries or (tries[-1][0] > 0 and len(tries) < 3):
            tries.append(slow_down(target, 3))
        assert tries[-1][0] <= 0, "\n".join(t[2] for t in tries)
        assert min(tries[-1][1]) < 50, tries[-1]


@test(alone=True, timeout=180)
def the_table_is_right_with_probes_on_for_part_of_the_time():
    with Pingpong("storm", pairs=2, sleepers=40) as target:
        with watching(target, "--max-overhead", 3) as g:
            stream = live.Pictures(g)
            begun = live.time.monotonic()
            first = stream.next()
            live.wait_until(lambda: stream.next()["source"]["probe"]["attached_pct"] < 50, "the governor acts", 30)
            while live.time.monotonic() < begun + 5:
                for row in stream.next()["goroutines"]:
                    known = sum(row[f"{k}_ns"] or 0 for k in TIMES)
                    assert row["observed_ns"] is None or abs(known - row["observed_ns"]) < 1000, row
                    if row["start"] == "main.sleeper":
                        assert row["state"] == "waiting" and row["reason"].startswith("chan receive"), row
            target.stop()
            stood = live.time.monotonic()
            stream.next_from(stood)
            end = live.time.monotonic() + 30
            while True:
                picture = stream.next()
                players = [r for r in picture["goroutines"] if r["start"] not in ("main.sleeper", "runtime.main")]
                full = picture["source"]["probe"]["attached_pct"] > 99
                if full and not players:
                    break
                assert live.time.monotonic() < end, (players, picture["source"])
            sleepers = [r for r in picture["goroutines"] if r["start"] == "main.sleeper"]
            assert len(sleepers) == 40 and len(picture["goroutines"]) == 41, picture["summary"]
            assert all(r["state"] == "waiting" for r in sleepers), sleepers
            # They have waited since before the first picture: no age may say less, none say that it is exact.
            least = picture["elapsed_ns"] - first["elapsed_ns"]
            for row in sleepers:
                assert row["age_bound"] != "exact", row
                assert row["age_ns"] >= least, (row, least)
            assert picture["source"]["lost"] == 0 or picture["source"]["missed"] > 0


def storm_and_calm(target, stream):
    """Watches it calm, in a storm until probes have been on again three times, and calm. The storm's
    beginning, in ns of CLOCK_MONOTONIC."""
    for _ in range(5):
        stream.next()
    begun = target.ask("storm")["Time"]
    enough, turns, before = live.time.monotonic() + 8, 0, 100
    while turns < 3 or live.time.monotonic() < enough:
        now = stream.next()["source"]["probe"]["attached_pct"]
        turns += before < 1 <= now
        before = now
        assert live.time.monotonic() < enough + 30, f"the probes have been on again {turns} times"
    target.ask("calm")
    calm = stream.until(lambda p: p["source"]["probe"]["attached_pct"] > 99, "the probes are on for good", ["source"])
    while stream.next()["elapsed_ns"] < calm["elapsed_ns"] + 2e9:
        pass
    return begun


@test(alone=True)
def no_time_contradicts_the_target_s_own_log_while_probes_come_and_go():
    with Witness() as target:
        with watching(target, "--max-overhead", 3) as g:
            stream = live.Pictures(g)
            storm = storm_and_calm(target, stream)
            attached, moments = witness.monotonic(stream.seen)
        logs = target.log_beyond(moments[-1])
    seen = list(zip(stream.seen, moments))
    off = next(at for p, at in seen if p["source"]["probe"]["attached_pct"] < 100)
    assert 0 < off - storm < 2e9, f"the probes go off {(off - storm) / 1e9:.3f} s after the storm begins"
    wrong, bounds = [], []
    for picture, at in seen:
        rows = {row["goid"]: row for row in picture["goroutines"]}
        for log in logs:
            wrong += log.problems(rows[log.goid], attached, at)
            bounds += [rows[log.goid]["age_bound"]] if at > off else []
    assert not wrong, "\n".join([f"{len(wrong)} contradictions", *wrong[:40]])
    assert bounds.count("exact") > 20 and bounds.count("about") > 20, bounds
    schema.check(stream.seen)


@test(alone=True)
def without_privileges_what_is_too_dear_goes_for_good():
    with Pingpong() as target:
        with watching(target, "--drop", delay=0.1) as g:
            stream = live.Pictures(g)
            assert stream.next()["source"]["mode"] == "probe+memory"
            live.wait_until(lambda: stream.next()["source"]["mode"] == "memory", "probes go off", 30)
            for task in os.listdir(f"/proc/{g.pid}/task"):
                with open(f"/proc/{g.pid}/task/{task}/status") as f:
                    sets = [line for line in f if line.startswith(("CapPrm", "CapEff"))]
                assert all(int(line.split()[1], 16) == 0 for line in sets), (task, sets)
            live.wait_until(lambda: not elf.text_changes(target.pid, target.path), "its text is as in the file", 30)
            target.stop()
            time.sleep(1)
            picture = stream.fresh()
            assert picture["source"]["mode"] == "memory" and picture["source"]["probe"] is None
            assert {r["start"] for r in picture["goroutines"]} == {"runtime.main"}, picture["goroutines"]
            schema.check(stream.seen)


def holder_of(g):
    """The process that holds the probes (bpf/holder.c)."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as f:
                name, rest = f.read().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue
        if name == "goroutop-probes" and rest.split()[0] != "Z" and int(rest.split()[1]) == g.pid:
            yield int(pid)


@test(alone=True)
def probes_that_hear_nothing_give_way_to_memory():
    """As if they were at the wrong place: somebody takes them away behind our back."""
    with Witness() as target:
        with live.Goroutop("-F", "json", "-d", "0.2", "-p", target.pid, probes=True) as g:
            stream = live.Pictures(g)
            stream.next()
            target.ask("collect")  # the kernel counts bypasses of its own then, which nobody must forget
            live.wait_until(lambda: stream.next()["source"]["bypassed"] > 5, "the probes are hit", 30)
            holders = list(holder_of(g))
            assert holders, "nobody holds probes"
            for pid in holders:
                os.kill(pid, 9)
            live.wait_until(lambda: stream.next()["source"]["mode"] == "memory", "it falls back to memory", 30)
            assert stream.next()["source"]["probe"] is None
            schema.check(stream.seen)
