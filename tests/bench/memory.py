# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading the runtime's memory: a look at all goroutines, and what it costs who is looked at."""

import statistics
import subprocess

import build
import golang
import live
import sizes
from table import Table
from terminal import Screen

ROUNDS = {10_000: 60, 100_000: 20, 1_000_000: 7}
MAPPING_MS, MAPPING_TURNS = 3000, 12
LOOKED_AT = 100_000


def population(n):
    """A target of n goroutines that wait, and the pipes to give it commands."""
    target = live.Process([golang.program("bench"), "-goroutines", n])
    assert target.out.next(120) == str(n)
    return target


def measure(program, target, rounds):
    """{way: (fastest, median, bytes)}"""
    done = subprocess.run([program, str(target.pid), str(rounds)], capture_output=True, text=True, check=True)
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


BENCHES = [snapshot, looked_at]
