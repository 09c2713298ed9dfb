# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the time of goroutines goes: shares of the last interval, and totals that count up live."""

from suite import test
from family import Family
import live


def row(result, goid):
    lines = [line.split(",") for line in result.out.splitlines()]
    head, rows = lines[0], lines[1:]
    return [dict(zip(head, r)) for r in rows if r[0] == str(goid)]


def shares(pid, *arguments, n=6, **more):
    result = live.goroutop("-F", "csv", "-n", n, "-d", "0.3", "-c", "goid,state,run,runq,wait,sys,maxlat,rate",
                           *arguments, "-p", pid, **more)
    assert result.status == 0, result
    return result


@test(alone=True)
def one_that_computes_without_a_stop_counts_up_live():
    with Family() as family:
        burner, sleeper = family.do("burn"), family.do("sleeper")
        seen = live.pictures(family.pid, n=6, delay=0.3, probes=True)
        totals = [{g["goid"]: g for g in p["goroutines"]} for p in seen]
        for before, after, p, q in zip(totals, totals[1:], seen, seen[1:]):
            passed = q["elapsed_ns"] - p["elapsed_ns"]
            a, b = before[burner], after[burner]
            # It may be preempted, and then waits for a P; nothing else can happen to it.
            used = sum(b[k] - a[k] for k in ("running_ns", "runnable_ns", "unknown_ns"))
            assert abs(used - passed) < 1e6 + passed * 0.01, (used, passed)
            assert b["observed_ns"] - a["observed_ns"] == used, (a, b)
            a, b = before[sleeper], after[sleeper]
            assert b["waiting_ns"] - a["waiting_ns"] == passed, (a, b, passed)
            assert b["running_ns"] == a["running_ns"], (a, b)
        last = totals[-1][burner]
        assert last["running_ns"] > last["observed_ns"] / 2, last


@test(alone=True)
def shares_are_of_the_last_interval():
    with Family() as family:
        burner, sleeper = family.do("burn"), family.do("sleeper")
        result = shares(family.pid, probes=True)
        first, *later = row(result, burner)
        assert all(first[c] == "" for c in ("run", "runq", "wait", "sys", "rate")), first
        for r in later:
            parts = [float(r[c]) for c in ("run", "runq", "wait", "sys") if r[c]]
            assert abs(sum(parts) - 100) < 0.01, r
            assert r["wait"] == "0.000" or float(r["wait"]) < 1, r
        assert all(float(r["wait"]) == 100 and float(r["rate"]) == 0 for r in row(result, sleeper)[1:]), result


@test(alone=True)
def who_eats_the_cpu_stands_first():
    with Family() as family:
        burner = family.do("burn")
        for _ in range(20):
            family.do("sleeper")
        result = shares(family.pid, "-s", "run", probes=True)
        first = [line for line in result.out.splitlines() if line.startswith(f"{burner},")]
        lines = result.out.splitlines()[1:]
        assert len(first) == 6 and len(lines) % 6 == 0, result
        each = len(lines) // 6
        for i in range(1, 6):
            assert lines[i * each].startswith(f"{burner},"), result


@test
def without_probes_times_are_unknown():
    with Family() as family:
        burner = family.do("burn")
        for r in row(shares(family.pid, "--source", "memory", n=3), burner):
            assert all(r[c] == "" for c in ("run", "runq", "wait", "sys", "maxlat", "rate")), r
