# SPDX-License-Identifier: GPL-2.0-or-later
"""What a probe costs whom it watches, and whether the table is right after a storm."""

import contextlib
import mmap
import statistics
import struct
import tempfile
import time

import build
import golang
import live
import place
from suite import Skip
from table import Table

TOOLCHAINS = ("go1.19.13", "go1.27.4")
KINDS = ("pingpong", "fanout")
TURNS, PIECES, SECONDS = 9, 4, 0.25
LIMIT = "an empty program there"
COUNTED = 3  # refreshes
STORM = 10


class Player(live.Process):
    """tests/targets/pingpong, playing."""

    def __init__(self, toolchain, kind, pairs=1, sleepers=0):
        self.path = golang.program("pingpong", "default", toolchain)
        with tempfile.NamedTemporaryFile() as f:
            f.truncate(4096)
            super().__init__([self.path, f.name, kind, pairs, sleepers])
            self.shared = mmap.mmap(f.fileno(), 4096, prot=mmap.PROT_READ)
            live.wait_until(lambda: struct.unpack_from("Q", self.shared, 8)[0], "they play", 30)

    def so_far(self):
        return struct.unpack_from("Q", self.shared, 0)[0], time.clock_gettime((~self.pid << 3) | 2)

    def cost(self):
        """ns of its own CPU time that a round takes: the least of some pieces, which others disturb least."""
        found = []
        for _ in range(PIECES):
            before = self.so_far()
            time.sleep(SECONDS)
            after = self.so_far()
            if after[0] > before[0]:
                found.append((after[1] - before[1]) / (after[0] - before[0]) * 1e9)
        return min(found)


@contextlib.contextmanager
def technique(program, player, offset):
    command = [f"{build.BUILD}/bench/technique", f"{build.BUILD}/bench/technique.bpf.o", program, player.pid, offset]
    with live.Process(command) as t:
        if t.out.next(30) != "attached":
            raise Skip("probe", t.err.text())
        time.sleep(0.3)
        yield
        assert t.alive(), t.err.text()
        t.process.stdin.close()
        t.end()


@contextlib.contextmanager
def goroutop(player, *arguments):
    command = [live.PROGRAM, *arguments, "-d", "1", "--max-overhead", "0", "-o", "/dev/null", "-p", player.pid]
    with live.Process(command) as g:
        live.wait_until(lambda: not g.alive() or holds_probes(g.pid), "it is attached", 30)
        time.sleep(1)
        assert g.alive(), g.err.text()
        yield
        assert g.alive() and holds_probes(g.pid), f"{g.command} has ended or detached: {g.err.text()}"
        g.signal(2)
        g.end()


def holds_probes(pid):
    return bool(live.children(pid))


def ways(player, minor):
    """What may watch it: (name, what makes the context in which it does)."""
    entry = place.file_offset(player.path, place.symbols(player.path)["runtime.casgstatus"][0])
    _, site, _ = place.site(player.path, minor)
    return [
        ("nobody", contextlib.nullcontext),
        (LIMIT, lambda: technique("empty", player, site)),
        ("goroutop --no-waker", lambda: goroutop(player, "-F", "csv", "--no-waker")),
        ("goroutop", lambda: goroutop(player, "-F", "csv")),
        ("goroutop -F events", lambda: goroutop(player, "-F", "events")),
        ("goroutop, everything on", lambda: goroutop(player, "-F", "events", "--all", "--syscalls")),
        ("entry, woken each time", lambda: technique("plain", player, entry)),
        ("… and bpf_printk", lambda: technique("printing", player, entry)),
    ]


def in_turns(player, minor):
    """Of each turn what a round took in each way. They go to and fro: machines become slower and faster by
    half within a minute, so that only what stands side by side is compared."""
    turns = []
    for turn in range(TURNS):
        turns.append({})
        for way, watching in ways(player, minor)[::-1 if turn % 2 else 1]:
            try:
                with watching():
                    turns[-1][way] = player.cost()
            except Skip as why:
                if not turn:
                    print(f"  ({way}: {why}: left out)", flush=True)
    return turns


def on_top(turn, way):
    return turn[way] - turn["nobody"]


def of_the_limit(turns, way):
    """The median of the turns' ratios, and between which the middle half of them are."""
    ratios = [on_top(t, way) / on_top(t, LIMIT) for t in turns if way in t and on_top(t, LIMIT) > 0]
    if len(ratios) < 2 or way == LIMIT:
        return None, ""
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return middle, f"{low:.2f}–{high:.2f}"


def transitions_a_round(player):
    """As goroutop counts them: by the kernel, in some seconds, while rounds go on."""
    with live.Goroutop("-F", "json", "-d", "1", "--max-overhead", "0", "-p", player.pid, probes=True) as g:
        stream = live.Pictures(g)
        stream.next()
        first, before = stream.next()["source"], player.so_far()[0]
        for _ in range(COUNTED):
            last = stream.next()["source"]
        rounds = player.so_far()[0] - before
    assert last["lost"] == first["lost"] and rounds, last
    return (last["transitions"] - first["transitions"]) / rounds


def toolchains():
    """Those that are here, and which release each is."""
    for toolchain in TOOLCHAINS:
        try:
            yield toolchain, golang.version(toolchain)
        except Skip as why:
            print(f"  ({why}: left out)", flush=True)


def cost():
    table = Table("What a round costs the target", [
        ("target", ""), ("transitions a round", ".1f"), ("watched by", ""), ("ns a round", ",.0f"), ("on top", ",.0f"),
        ("on top, a transition", ",.0f"), ("of the limit", ".2f"), ("half of the turns", "")],
        f"ns of the target's own CPU time, medians of {TURNS} turns of all ways. A round: a value to and fro; a value "
        "from one to twelve over an unbuffered channel; its transitions as goroutop counts them. On top: of nobody "
        "watching in the same turn. The limit is an empty program at the same place, and what is given of it the "
        "ratio within a turn. Plain goroutop writes `-F csv`. Everything on: `-F events --all --syscalls`, wakers "
        "asked for. All outputs to /dev/null.")
    for toolchain, go in toolchains():
        for kind in KINDS:
            with Player(toolchain, kind) as player:
                per_round = transitions_a_round(player)
                turns = in_turns(player, golang.minor(go))
            for way in dict.fromkeys(way for turn in turns for way in turn):
                own = [t for t in turns if way in t]
                top = statistics.median(on_top(t, way) for t in own)
                table.add(f"{kind}, {go}", per_round, way, statistics.median(t[way] for t in own),
                          top, top / per_round if way != "nobody" else None,
                          *(of_the_limit(turns, way) if way != "nobody" else (None, "")))
    return table


def storm():
    table = Table(f"A storm of transitions for {STORM} s", [
        ("target", ""), ("transitions/s", ",.0f"), ("records lost", ",d"), ("missed", ",d"), ("corrected", ",d"),
        ("rows wrong at the end", ",d")],
        "Two pairs that play, goroutines that come and go, forty that wait; no bound on the cost. Wrong: a row that "
        "is not of a goroutine that waits, or one of those that is missing.")
    for toolchain, go in toolchains():
        with Player(toolchain, "storm", 2, 40) as player:
            with live.Goroutop("-F", "json", "-d", "0.5", "--max-overhead", "0", "-p", player.pid, probes=True) as g:
                stream, end = live.Pictures(g), time.monotonic() + STORM
                rates = []
                while time.monotonic() < end:
                    rates.append(stream.next()["source"]["transitions_per_s"])
                player.send("")
                live.wait_until(lambda: "still" in player.out.text(), "they stand still", 30)
                picture = stream.fresh()
        waiting = [r for r in picture["goroutines"] if r["start"] == "main.sleeper" and r["state"] == "waiting"]
        wrong = [r for r in picture["goroutines"] if r["start"] not in ("main.sleeper", "runtime.main")]
        source = picture["source"]
        table.add(go, statistics.mean(r for r in rates if r is not None), source["lost"], source["missed"],
                  source["corrected"], len(wrong) + 40 - len(waiting))
    return table


BENCHES = [cost, storm]
