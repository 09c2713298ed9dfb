# SPDX-License-Identifier: GPL-2.0-or-later
"""What goroutop itself takes: time until the first picture, memory, CPU."""

import os
import shutil
import statistics
import subprocess
import tempfile
import time

import live
import sizes
from memory import population
from table import Table
from terminal import Screen

STARTS = 9
POPULATIONS = (1_000, 10_000, 100_000, 1_000_000)
RATES = (0, 10_000, 100_000, 500_000)  # transitions a second
SETTLED, WATCHED = 2, 5                # refreshes
ON_SCREEN = 20                         # seconds
# Large Go programs that may be here, stripped as their packages have them; each with harmless arguments.
LARGE = {"prometheus": ["--web.listen-address=127.0.0.1:0", "--config.file=/dev/null"],
         "etcd": ["--listen-client-urls=http://127.0.0.1:0", "--advertise-client-urls=http://127.0.0.1:0",
                  "--listen-peer-urls=http://127.0.0.1:0", "--initial-advertise-peer-urls=http://127.0.0.1:0",
                  "--initial-cluster=default=http://127.0.0.1:0"]}


def first_picture(pid, *arguments):
    """Seconds from the start of goroutop to the end of its first picture: fastest and median."""
    took = []
    for _ in range(STARTS):
        begun = time.monotonic()
        subprocess.run([live.PROGRAM, "-F", "csv", "-n", "1", "-o", "/dev/null", *arguments, str(pid)], check=True)
        took.append(time.monotonic() - begun)
    return min(took), statistics.median(took)


def first_rows(pid):
    """Seconds until the screen has rows: median."""
    took = []
    for _ in range(STARTS):
        with Screen(pid) as screen:
            begun = time.monotonic()
            while not screen.rows():
                assert time.monotonic() < begun + 30, screen.screen()
            took.append(time.monotonic() - begun)
            screen.keys("q")
            screen.over()
    return statistics.median(took)


def start():
    table = Table("From the command to the first picture", [
        ("program", ""), ("MB", ".0f"), ("goroutines", ",d"), ("the screen, ms", ".0f"),
        ("a picture of all, fastest, ms", ".0f"), ("median, ms", ".0f"), ("memory alone, median, ms", ".0f")],
        "The screen: from the command, typed into a shell under tmux, until rows are there, median. A picture of all: "
        "the whole run of `goroutop -F csv -n 1`, each goroutine's stack read and detaching included. Both also try "
        "what a hit costs.")

    def measure(name, process, goroutines):
        path = os.path.realpath(f"/proc/{process.pid}/exe")
        fastest, median = first_picture(process.pid)
        table.add(name, os.path.getsize(path) / 1e6, goroutines, first_rows(process.pid) * 1e3, fastest * 1e3,
                  median * 1e3,
                  first_picture(process.pid, "--source", "memory")[1] * 1e3)

    for n in sizes.up_to(*POPULATIONS[::3]):
        with population(n) as target:
            measure("a small target", target, n)
    for name, arguments in LARGE.items():
        path = shutil.which(name)
        if not path:
            print(f"  (no {name} in PATH: left out)", flush=True)
            continue
        with tempfile.TemporaryDirectory() as where, live.Process([path, *arguments], cwd=where) as target:
            time.sleep(5)
            pictures = live.goroutop("-F", "json", "-n", "1", target.pid).objects()
            measure(name, target, pictures[0]["summary"]["goroutines"])
    return table


def resident(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) << 10 for line in f if line.startswith("VmRSS"))


def memory():
    table = Table("Memory of goroutop's own process", [
        ("goroutines", ",d"), ("the screen, MB", ".1f"), ("bytes a goroutine", ",.0f"),
        ("-F csv, MB", ".1f"), ("bytes each", ",.0f")],
        "Resident, with probes and memory. Bytes a goroutine: what comes on top of a target of 1,000. An output has "
        "the rows, stacks and objects of all at once. The kernel's table apart.")
    base = None
    for n in sizes.up_to(*POPULATIONS):
        with population(n) as target:
            patience = 10 if n == POPULATIONS[-1] else 4
            with Screen(target.pid) as screen:
                screen.up()
                time.sleep(patience)
                took = [resident(screen.pid())]
            with live.Goroutop("-F", "csv", "-o", "/dev/null", "-d", "1", target.pid) as g:
                time.sleep(patience)
                assert g.alive(), g.err.text()
                took.append(resident(g.pid))
        base = base or took
        each = [(size - first) / (n - POPULATIONS[0]) if n > POPULATIONS[0] else None
                for size, first in zip(took, base)]
        table.add(n, took[0] / 1e6, each[0], took[1] / 1e6, each[1])
    return table


def own_cpu(n, rate, *arguments):
    """Of n goroutines that make so many transitions, once it has settled: what the pictures' `source` says, and
    the seconds from one to the next."""
    with population(n) as target:
        if rate:
            target.send(f"rate {rate} {(SETTLED + WATCHED + 3) * 1000}")
        done = live.goroutop("-F", "json", "-d", "1", "-n", SETTLED + WATCHED + 1, "-f", "goid=1", *arguments,
                             target.pid, timeout=120)
    assert done.status == 0, done
    seen = done.objects()[SETTLED:]
    assert len(seen) == 1 + WATCHED, done
    return [p["source"] for p in seen[1:]], (seen[-1]["elapsed_ns"] - seen[0]["elapsed_ns"]) / WATCHED / 1e9


def processor():
    table = Table("CPU that goroutop itself takes, at one refresh a second", [
        ("source", ""), ("goroutines", ",d"), ("transitions/s", ",.0f"), ("percent of a CPU", ".2f"), ("lost", ",d"),
        ("from refresh to refresh, s", ".2f")],
        "By -F json, for which all goroutines are looked at in each refresh; what that delays is told. From memory "
        "alone nobody counts transitions: the target stands still.")

    def mean(seen, what):
        return statistics.mean(p[what] for p in seen)

    for n in sizes.up_to(*POPULATIONS[:2]):
        for rate in RATES:
            seen, each = own_cpu(n, rate, "--max-overhead", "0")
            table.add(seen[-1]["mode"], n, mean(seen, "transitions_per_s"), mean(seen, "self_cpu_pct"),
                      seen[-1]["lost"], each)
    for n in sizes.up_to(*POPULATIONS[2:]):
        seen, each = own_cpu(n, 0, "--source", "memory")
        table.add(seen[-1]["mode"], n, None, mean(seen, "self_cpu_pct"), None, each)
    return table


def thread_times(pid):
    """ms of CPU time that each kind of thread has taken, by name; the main thread draws."""
    times = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm") as f:
            name = f.read().strip()
        with open(f"/proc/{pid}/task/{task}/schedstat") as f:
            times[name] = times.get(name, 0) + int(f.read().split()[0]) / 1e6
    return times


def on_screen(n, rate, probes):
    """ms of each kind of thread in a refresh of one a second."""
    bound = ["--max-overhead", 0] if probes else []
    with population(n) as target, Screen(target.pid, *bound, probes=probes, width=120, height=40) as screen:
        screen.up()
        time.sleep(5)  # the memory of the screen's first look at all is behind it
        if rate:
            target.send(f"rate {rate} {(ON_SCREEN + 5) * 1000}")
            time.sleep(1)
        pid, begun = screen.pid(), time.monotonic()
        before = thread_times(pid)
        time.sleep(ON_SCREEN)
        took, after = time.monotonic() - begun, thread_times(pid)
        assert screen.rows() and screen.pid() == pid, screen.screen()
    return {name: (after[name] - before.get(name, 0)) / took for name in after}


def refresh():
    """On the screen: what a refresh takes of each thread."""
    table = Table("CPU time of a refresh on the screen, by thread, in ms", [
        ("source", ""), ("goroutines", ",d"), ("transitions/s", ",d"), ("screen", ".2f"), ("collector", ".2f"),
        ("reader", ".2f"), ("tracer", ".2f"), ("in all, % of a CPU", ".2f")],
        "One refresh a second, 120×40. Above 50,000 goroutines the reader looks at all of them in turns: an average.")

    def add(source, n, rate):
        ms = on_screen(n, rate, source != "memory")
        table.add(source, n, rate, ms["goroutop"], ms["collector"], ms["reader"], ms.get("tracer"),
                  sum(ms.values()) / 10)

    for n in sizes.up_to(*POPULATIONS):
        for rate in RATES[:2]:
            add("probe+memory", n, rate)
    for n in sizes.up_to(*POPULATIONS[2:]):
        add("memory", n, 0)
    return table


BENCHES = [start, memory, processor, refresh]
