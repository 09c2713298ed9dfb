# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel half alone, on real Go programs: the place of casgstatus and the offsets come from here
(the symbol table, and what is known of the releases), so that no other layer can hide a mistake."""

import json

from suite import Skip, test
import build
import golang
import live
import privilege
from churn import Churn
from place import site, symbols

# Both kinds of site, of birth and of flap: nop at +0x1f or push at the entry; goid late or early; reasons
# late (by return address) or in time.
TOOLCHAINS = ["go1.18.10", "go1.20.14", "go1.21.13", "go1.23.12", "go1.24.13", golang.LOCAL, "go1.27.4"]

RUNNABLE, RUNNING, WAITING, DEAD = 1, 2, 4, 6
FLAP, BIRTH, MISSED, STALE_ID = 1, 4, 8, 16

# Offsets in g and m: {first minor that has it: offset} (go-runtime facts, from DWARF).
OFFSETS = {
    "off_goid": {17: 152, 23: 160, 25: 152},
    "off_waitreason": {17: 176, 23: 184, 25: 176},
    "off_m": {17: 48},
    "off_procid": {17: 72, 25: 64},
    "off_curg": {17: 192, 25: 184},
    "off_gopc": {17: 296, 21: 280, 23: 288, 25: 280, 26: 288},
}
STOPPING_THE_WORLD = {20: 31, 24: 32, 25: 33}  # the wait reason


def since(table, minor):
    return table[max(m for m in table if m <= minor)]


class Kernel(live.Process):
    """The kernel half at work on a churn."""

    def __init__(self, churn, **options):
        build.make("gcc", "live/kernel_half")
        minor = churn.minor
        address, offset, return_sp = site(churn.path, minor)
        settings = {name: since(table, minor) for name, table in OFFSETS.items()}
        settings.update(reg_g=14, goid_late=int(minor < 24), return_sp=return_sp, ring_bytes=32 << 20)
        if minor >= 20:
            settings["flap_reasons"] = 1 << since(STOPPING_THE_WORLD, minor)
        else:
            park, size = symbols(churn.path)["runtime.park_m"]
            settings.update(park_lo=park, park_hi=park + size)
        settings.update(options)
        super().__init__([*privilege.for_probes(), f"{build.BUILD}/gcc/live/kernel_half", churn.pid, offset,
                          address, *(f"{k}={v}" for k, v in settings.items())])
        assert self.out.next() == "attached", self.err.text()

    def ask(self, command):
        self.send(command)
        rows = []
        while True:
            line = self.out.next()
            assert line is not None and not line.startswith("error"), f"{line} {self.err.text()}"
            if line == "end":
                return rows
            rows.append(json.loads(line))

    def entries(self):
        return {row["goid"]: row for row in self.ask("entries")}

    def counts(self):
        return self.ask("counts")[0]


def amd64():
    if privilege.platform.machine() != "x86_64":
        raise Skip("toolchain", "the places of casgstatus are known here for amd64 alone")


def on_each(f):
    return test(timeout=180, alone=True, each=lambda: TOOLCHAINS)(f)


def assert_adds_up(entry):
    states = sum(entry[s] for s in ("unknown", "runnable", "running", "syscall", "waiting"))
    assert states == entry["since"] - entry["first"], entry
    assert entry["first"] <= entry["since"] <= entry["last"], entry


@on_each
def accounts_add_up_and_name_real_goroutines(toolchain):
    amd64()
    with Churn(toolchain) as churn, Kernel(churn) as kernel:
        first = churn.ask("play 300")["rounds"]
        second = churn.ask("play 300")["rounds"]
        entries, highest = kernel.entries(), churn.ask("goid")["goid"]
        for entry in entries.values():
            assert_adds_up(entry)
        # A P takes goids by the sixteen.
        assert max(entries) <= highest + 16 * 64, (max(entries), highest)
        for pair in churn.told["pairs"]:
            rounds = second[str(pair[0])] - first[str(pair[0])]
            assert rounds > 10, second
            for goid in pair:
                entry = entries[goid]
                assert entry["raw"] == entry["folded"] == WAITING, entry
                assert entry["switches"] > rounds / 4 and entry["running"] > 0, (entry, rounds)
                assert entry["unknown"] == 0 and entry["max_latency"] <= entry["runnable"], entry
        locked = entries[churn.told["pairs"][0][1]]
        assert locked["tid"] == churn.told["tid"], (locked, churn.told)
        counts = kernel.counts()
        assert counts["unread"] == counts["strangers"] == counts["alien"] == 0, counts


@on_each
def each_birth_and_end_is_summed_and_leaves_no_entry(toolchain):
    amd64()
    number = 3000
    with Churn(toolchain) as churn, Kernel(churn) as kernel:
        one, two = churn.ask(f"burst {number}"), churn.ask(f"burst {number}")
        assert one["distinct"] == two["distinct"] == number, (one, two)
        sums = [s for s in kernel.ask("sums") if s["created"] == 2 * number]
        assert len(sums) == 1 and sums[0]["ended"] == 2 * number, sums
        assert sums[0]["running"] > 0 and sums[0]["runnable"] > 0 and sums[0]["waiting"] > 0, sums
        assert sums[0]["unknown"] == 0, sums
        assert sums[0]["switches"] >= 2 * number, sums
        born = range(one["low"], two["high"] + 1)
        assert not [goid for goid in kernel.entries() if goid in born], "the dead have entries"
        records = kernel.ask("records")
        counts = kernel.counts()
        assert counts["hits"] == len(records) + counts["lost"], counts
        assert counts["lost"] == counts["newborn_full"] == counts["map_full"] == 0, counts
        births = [r for r in records if r["flags"] & BIRTH]
        assert len(births) >= 2 * number, len(births)
        late = churn.minor < 24
        for birth in births:
            assert bool(birth["flags"] & STALE_ID) == late and (birth["goid"] == 0) == late, birth
        check_lives([r for r in records if r["goid"] in born], born_with_goid=not late)


def check_lives(records, born_with_goid):
    """Each goroutine's records are one unbroken chain from birth to death."""
    lives = {}
    for record in records:
        lives.setdefault(record["goid"], []).append(record)
    for goid, life in lives.items():
        assert not any(r["flags"] & MISSED for r in life), (goid, life)
        assert [r["sequence"] for r in life] == list(range(1, len(life) + 1)), (goid, life)
        assert life[0]["old"] == (DEAD if born_with_goid else RUNNABLE), (goid, life)
        assert life[-1]["new"] == DEAD, (goid, life)
        assert all(a["new"] == b["old"] and a["g"] == b["g"] for a, b in zip(life, life[1:])), (goid, life)


@on_each
def stopping_the_world_does_not_end_running(toolchain):
    amd64()
    with Churn(toolchain) as churn, Kernel(churn) as kernel:
        told = churn.ask("stop 200")
        records = [r for r in kernel.ask("records") if r["goid"] == told["goid"]]
        flaps = [r for r in records if r["flags"] & FLAP]
        assert len(flaps) >= told["stops"], f"{len(flaps)} flaps of {told['stops']}"
        assert {(r["old"], r["new"]) for r in flaps} == {(RUNNING, WAITING)}, flaps[0]
        # Behind each it goes on running: nobody made it runnable.
        for flap, then in zip(records, records[1:]):
            if flap["flags"] & FLAP:
                assert (then["old"], then["new"]) == (WAITING, RUNNING), then
            elif flap["new"] == WAITING:
                assert (then["old"], then["new"]) == (WAITING, RUNNABLE), then


@on_each
def the_waker_is_the_other_of_the_pair(toolchain):
    amd64()
    with Churn(toolchain) as churn, Kernel(churn) as kernel:
        churn.ask("play 200")
        records = kernel.ask("records")
        for first, second in churn.told["pairs"]:
            for one, other in ((first, second), (second, first)):
                wakers = [r["waker"] for r in records
                          if r["goid"] == one and (r["old"], r["new"]) == (WAITING, RUNNABLE)]
                assert len(wakers) > 10, len(wakers)
                assert wakers.count(other) > 0.9 * len(wakers), (one, other, wakers[:20])


@test(alone=True)
def what_does_not_fit_is_counted():
    amd64()
    with Churn(golang.LOCAL) as churn, Kernel(churn, ring_bytes=4096, max_goroutines=4) as kernel:
        churn.ask("play 200")
        churn.ask("burst 500")
        counts, records = kernel.counts(), kernel.ask("records")
        assert counts["lost"] > 0 and counts["hits"] == counts["lost"] + len(records), (counts, len(records))
        assert counts["map_full"] > 0 and len(kernel.entries()) <= 4, counts
        # With room again there is a stream again.
        churn.ask("goid")
        assert kernel.ask("records")


@test(alone=True)
def time_without_probes_is_unknown_and_nothing_else():
    amd64()
    with Churn(golang.LOCAL) as churn, Kernel(churn) as kernel:
        churn.ask("play 100")
        kernel.ask("detach")
        hits = kernel.counts()["hits"]
        churn.ask("play 300")
        assert kernel.counts()["hits"] == hits
        kernel.ask("attach")
        churn.ask("play 100")
        for goid in (goid for pair in churn.told["pairs"] for goid in pair):
            entry = kernel.entries()[goid]
            assert_adds_up(entry)
            assert 300e6 <= entry["unknown"] <= 20e9, entry
