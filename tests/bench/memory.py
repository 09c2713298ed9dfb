# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading the runtime's memory: a look at all goroutines, and what it costs who is looked at."""

import statistics
import subprocess
import time

import build
import golang
import live
import sizes
from suite import Skip
from table import Table
from terminal import Screen

ROUNDS = {10_000: 60, 100_000: 20, 1_000_000: 7}
MAPPING_MS, MAPPING_TURNS = 3000, 12
LOOKED_AT = 100_000
STACKS, STACKS_GO, STACKS_ROUNDS, CALLS = 98_000, "go1.26.11", 15, 50
KINDS = ("chanrecv", "chansend", "nilrecv", "select", "selectnone", "mutex", "rlock", "waitgroup", "cond", "sleep",
         "timer", "closure", "wrapped", "method")


def population(n, *arguments, toolchain=golang.LOCAL):
    """A target of n goroutines that wait, and the pipes to give it commands."""
    target = live.Process([golang.program("bench", "default", toolchain), "-goroutines", n, *arguments])
    assert target.out.next(120) == str(n)
    return target


def measure(program, target, rounds):
    """{way: its numbers}"""
    done = subprocess.run([program, str(target.pid), str(rounds)], stdout=subprocess.PIPE, text=True, check=True)
    return {way: tuple(map(int, numbers)) for way, *numbers in map(str.split, done.stdout.splitlines())}


def snapshot():
    program = f"{build.BUILD}/bench/snapshot"
    table = Table("A look at all goroutines", [
        ("goroutines", ",d"), ("goroutop, ms", ".2f"), ("a read each, ms", ".2f"), ("plain copy, ms", ".2f"),
        ("goroutop / copy", ".2f"), ("read each / copy", ".2f")],
        "Medians; the copy is of the same bytes by the same system call and is the limit.")
    for n in sizes.up_to(*ROUNDS):
        with population(n) as target:
            took = {way: numbers[1] for way, numbers in measure(program, target, ROUNDS.get(n, 60)).items()}
        limit = took["copy"]
        table.add(n, took["goroutop"] / 1e6, took["one-by-one"] / 1e6, limit / 1e6, took["goroutop"] / limit,
                  took["one-by-one"] / limit)
    return table


def looked_at():
    """What a look a second takes from a target that maps and unmaps all the time."""
    table = Table("A target that maps and unmaps memory, looked at once a second", [
        ("goroutines", ",d"), ("alone, maps/s", ",.0f"), ("looked at, maps/s", ",.0f"), ("lost, %", ".1f")],
        "By the screen, from memory alone: all of them at each refresh. Both in turns, medians.")

    def rate():
        target.send(f"map {MAPPING_MS}")
        return int(target.out.next(60)) * 1000 / MAPPING_MS

    n, = sizes.up_to(LOOKED_AT)
    with population(n) as target:
        alone, watched = [], []
        for _ in range(MAPPING_TURNS):
            alone.append(rate())
            with Screen(target.pid, probes=False) as screen:
                screen.up()
                watched.append(rate())
                assert screen.rows(), screen.screen()
    before, during = statistics.median(alone), statistics.median(watched)
    table.add(n, before, during, 100 * (1 - during / before))
    return table


def kinds_of_waiting(n, toolchain):
    """n goroutines that wait in all the ways that there are without a thread."""
    oracle = live.Oracle(toolchain=toolchain)
    oracle.populate(**{kind: n // len(KINDS) for kind in KINDS})
    return oracle


def whole_run(pid):
    """Median ms of goroutop that writes all stacks, from its start to its end."""
    took = []
    for _ in range(STACKS_ROUNDS // 5):
        begun = time.monotonic()
        subprocess.run([live.PROGRAM, "-F", "stacks", "--source", "memory", "-o", "/dev/null", str(pid)], check=True)
        took.append((time.monotonic() - begun) * 1e3)
    return statistics.median(took)


def stacks():
    program = f"{build.BUILD}/bench/stacks"
    toolchain = toolchain_or_local(STACKS_GO)
    table = Table(f"All stacks of a program of {golang.version(toolchain)}, and the names in them, in ms", [
        ("goroutines that", ""), ("goroutines", ",d"), ("stacks that differ", ",d"), ("calls", ",d"),
        ("stacks, fastest", ".1f"), ("stacks, median", ".1f"), ("with names, first", ".1f"),
        ("with names, fastest", ".1f"), ("with names, median", ".1f"), ("a whole run", ".0f")],
        "Calls: in the stacks of all of them, each with its function, file and line. With names: the stacks are read "
        "again and no name is known yet. A whole run: `goroutop -F stacks --source memory` to its end, which also "
        "finds the runtime, makes the table and writes the text; median.")
    n, = sizes.up_to(STACKS)

    def add(what, target):
        took = measure(program, target, STACKS_ROUNDS)
        goroutines, differ, calls, doubtful = took["found"]
        assert goroutines >= n // len(KINDS) * len(KINDS) and doubtful <= 10, took
        table.add(what, goroutines, differ, calls, *(ns / 1e6 for ns in (*took["stacks"][1:], *took["named"])),
                  whole_run(target.pid))

    with population(n, toolchain=toolchain) as target:
        add("wait for one channel", target)
    with kinds_of_waiting(n, toolchain) as target:
        add(f"wait in {len(KINDS)} ways", target)
    with population(n, "-calls", CALLS, toolchain=toolchain) as target:
        add(f"are up to {CALLS} calls deep", target)
    return table


def toolchain_or_local(toolchain):
    try:
        golang.version(toolchain)
        return toolchain
    except Skip as why:
        print(f"  ({why}: the local one instead)", flush=True)
        return golang.LOCAL


BENCHES = [snapshot, stacks, looked_at]
