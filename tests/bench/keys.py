# SPDX-License-Identifier: GPL-2.0-or-later
"""How long a key waits for its answer while a million goroutines are refreshed: seen from outside, by tmux."""

import contextlib
import random
import re
import statistics
import subprocess
import time

import live
import sizes
from memory import population
from suite import Skip
from table import Table
from terminal import Screen, Terminal

GOROUTINES, RATE = 1_000_000, 6_000   # transitions a second, of two of them
TURNS, PAUSE = 20, 0.2                # of all keys; seconds between two keys at most
POLL, PATIENCE = 0.001, 10.0
LIMIT = 50                            # ms
WIDTH, HEIGHT = 120, 40
HEADER = re.compile(r"^ +GOID\b", re.MULTILINE)
GROUND = re.compile(r"(\x1b\[[0-9;]*m)*\x1b\[48;5;")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Client:
    """A client of tmux that speaks with it through a pipe: a look takes no new process."""

    def __init__(self, terminal):
        self.process = subprocess.Popen(
            [terminal.tmux, "-u", "-S", terminal.socket, "-C", "attach", "-f", "no-output,ignore-size", "-t", "t"],
            env=terminal.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def answer(self):
        """The lines of one command's answer; what tmux says of its own accord is left out."""
        lines = None
        for line in self.process.stdout:
            if line.startswith("%begin "):
                lines = []
            elif line.startswith(("%end ", "%error ")) and lines is not None:
                assert line.startswith("%end "), lines
                return "".join(lines)
            elif lines is not None:
                lines.append(line)
        raise AssertionError("tmux has ended")

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        return self.answer()

    def screen(self):
        return self.ask("capture-pane -p -e -t t")


def answered(client, key, condition):
    """Presses the key; ms until condition(screen)."""
    begun = time.monotonic()
    client.ask(f"send-keys -t t {key}")
    while True:
        screen = client.screen()
        took = time.monotonic() - begun
        if condition(screen):
            return took * 1e3
        assert took < PATIENCE, f"no answer to {key}:\n{COLOUR.sub('', screen)}"
        time.sleep(POLL)


def random_pause():
    """Keys come at any moment of a refresh."""
    time.sleep(random.uniform(0, PAUSE))


# ---- what a look itself takes ------------------------------------------------------------------


def changed(before):
    return lambda screen: screen != before


def of_cat(took):
    """The terminal's own echo."""
    with Terminal(width=WIDTH, height=HEIGHT) as t, Client(t) as client:
        t.shell("clear")
        t.start("cat")
        t.wait(lambda s: s.rstrip().endswith("cat"), "cat runs")
        for _ in range(TURNS):
            random_pause()
            took.setdefault(("cat", "a letter"), []).append(answered(client, "x", changed(client.screen())))


def of_less(took):
    """A program that draws the screen at a key, and does nothing else."""
    less = live.need("less")
    with Terminal(width=WIDTH, height=HEIGHT) as t, Client(t) as client:
        t.start("sh", "-c", f"seq 5000 | {less} -S")
        t.wait(lambda s: s.startswith("1\n2\n"), "less shows a file")
        for _ in range(TURNS):
            for key in ("Down", "PgDn"):
                random_pause()
                took.setdefault(("less", key), []).append(answered(client, key, changed(client.screen())))


# ---- goroutop ----------------------------------------------------------------------------------


def table_of(screen):
    """The lines below the table's head, with their colours; none without a table."""
    lines = screen.split("\n")
    at = next((i for i, line in enumerate(lines) if HEADER.match(COLOUR.sub("", line))), None)
    return [] if at is None else [line for line in lines[at + 1:] if re.match(r"\s*\d+ ", COLOUR.sub("", line))]


def row(screen, number):
    rows = table_of(screen)
    return COLOUR.sub("", rows[number]).split() if number < len(rows) else []


def selected(screen):
    """The line of the cursor: it alone has a ground of its own. None without one."""
    return next((i for i, line in enumerate(table_of(screen)) if GROUND.match(line)), None)


def moves(screen):
    """Whether the first row is one of those few that move: orders by time running or the youngest begin so."""
    return row(screen, 0)[-1:] in (["runtime.main"], ["main.transitions.func1"])


def stands(screen):
    return row(screen, 0)[-1:] == ["main.main.func1"]


def child_moves(screen):
    """The same in the tree: all have been made by the first row's."""
    return row(screen, 1)[-2:] == ["├─", "main.transitions.func1"]


def child_stands(screen):
    return row(screen, 1)[-2:] == ["├─", "main.main.func1"]


def first_goid(screen):
    return int((row(screen, 0) or ["0"])[0])


def line_changes(before):
    return lambda screen: selected(screen) not in (None, selected(before))


def later_ones(before):
    return lambda screen: first_goid(screen) > first_goid(before)


# The keys of a turn, in an order in which each has an answer that no refresh gives; and what makes the
# condition for that of the screen before. An order is answered when the rows stand in it: its mark in
# the head is there sooner.
KEYS = (
    ("P", "P, by time running", lambda _: moves),
    ("Down", "Down", line_changes),
    ("A", "A, by age", lambda _: stands),
    ("Down", "Down", line_changes),
    ("I", "I, inverted", lambda _: moves),
    ("I", "I, inverted", lambda _: stands),
    ("S", "S, by state", lambda _: moves),
    ("PgDn", "PgDn", lambda _: stands),
    ("End", "End", later_ones),
    ("Home", "Home", lambda _: moves),
    ("A", "A, by age", lambda _: stands),
    ("t", "t, the tree", lambda _: child_stands),
    ("I", "tree: I, inverted", lambda _: child_moves),
    ("I", "tree: I, inverted", lambda _: child_stands),
    ("P", "tree: P, by time running", lambda _: child_moves),
    ("PgDn", "tree: PgDn", later_ones),
    ("End", "tree: End", later_ones),
    ("Home", "tree: Home", lambda _: child_moves),
    ("A", "tree: A, by age", lambda _: child_stands),
    ("P", "tree: P, by time running", lambda _: child_moves),
    ("t", "t, the table", lambda _: lambda s: moves(s) and not child_moves(s)),
    ("A", "A, by age", lambda _: stands),
)


@contextlib.contextmanager
def goroutop(n):
    columns = "goid,state,age,run,start"
    with population(n) as target:
        target.send(f"rate {RATE} 3600000")
        with Screen(target.pid, "--max-overhead", 0, "-c", columns, width=WIDTH, height=HEIGHT) as screen:
            screen.wait(screen.rows, "the table has rows", 60)
            yield screen


def cpu_time(pid):
    """Seconds of CPU time that all threads of a process have taken."""
    return time.clock_gettime((~pid << 3) | 2)


def of_goroutop(took, worked, n):
    with goroutop(n) as screen, Client(screen) as client:
        pid = screen.pid()
        live.wait_until(lambda: stands(client.screen()), "it has settled", 60)
        for _ in range(TURNS):
            for key, name, condition in KEYS:
                random_pause()
                before = client.screen()
                wanted = condition(before)
                assert not wanted(before), f"{key} would change nothing:\n{COLOUR.sub('', before)}"
                cpu = cpu_time(pid)
                took.setdefault(("goroutop", name), []).append(answered(client, key, wanted))
                worked.setdefault(name, []).append((cpu_time(pid) - cpu) * 1e3)
                assert not live.gone(pid), "goroutop has died"


def keys():
    n, = sizes.up_to(GOROUTINES)
    table = Table(f"Keys at {n:,} goroutines, from the key to the changed screen, in ms", [
        ("program", ""), ("key", ""), ("pressed", ",d"), ("median", ".1f"), ("95 %", ".1f"), ("most", ".1f"),
        (f"over {LIMIT} ms", ",d"), ("its CPU time, median", ".1f")],
        f"At random moments of refreshes of one a second, {WIDTH}×{HEIGHT}, under tmux, while two goroutines make "
        f"{RATE:,} transitions a second. tmux is asked for the screen each {POLL * 1e3:.0f} ms; what it and the asking "
        "add is what cat and less take, and is not subtracted. An order is there when the rows stand in it. CPU time: "
        "all that goroutop's threads take from the key to the answer.")
    took, worked = {}, {}
    of_cat(took)
    try:
        of_less(took)
    except Skip as why:
        print(f"  (less: {why}: left out)", flush=True)
    of_goroutop(took, worked, n)
    for (program, key), ms in took.items():
        cpu = statistics.median(worked[key]) if program == "goroutop" else None
        table.add(program, key, len(ms), statistics.median(ms), statistics.quantiles(ms, n=20, method="inclusive")[18],
                  max(ms), sum(t > LIMIT for t in ms), cpu)
    return table


BENCHES = [keys]
