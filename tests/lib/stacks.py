# SPDX-License-Identifier: GPL-2.0-or-later
"""Stacks against the runtime's own traceback: the target of tests/targets/stacks tells both."""

import collections
import json
import os
import re
import subprocess
import tempfile

import golang
import live
import privilege

CREATED = re.compile(r"^created by (.*?)(?: in goroutine (\d+))?$")
PLACE = re.compile(r"^\t(.*):(\d+)(?: (\+0x[0-9a-f]+))?$")
ELIDED = re.compile(r"^\.\.\.(?:(\d+)|additional) frames elided\.\.\.$")

Goroutine = collections.namedtuple("Goroutine", "goid says frames created parent text")


class Stacks(live.Process):
    """The Go program that stands in every way that a stack can look."""

    def __init__(self, mode="default", toolchain=golang.LOCAL, **more):
        privilege.for_memory()
        super().__init__([golang.program("stacks", mode, toolchain)], **more)
        self.ask("text")  # by then it stands

    def ask(self, command, timeout=60.0):
        self.send(command)
        line = self.out.next(timeout)
        assert line is not None, f"the target ended: {self.err.text()}"
        result = json.loads(line)
        assert result["ok"], result
        return result

    def own(self):
        return parse(self.ask("text")["text"])


def parse(text):
    """goid → Goroutine; frames: (function, file, line, offset), and None where some were elided."""
    found = {}
    for block in text.rstrip("\n").split("\n\n"):
        lines = block.split("\n")
        header = re.match(r"^goroutine (\d+) [^\[]*\[([^\]]*)\]:$", lines[0])
        assert header, f"no header: {lines[0]!r}"
        frames, created, parent, i = [], None, None, 1
        while i < len(lines):
            if ELIDED.match(lines[i]):
                frames.append(None)
                i += 1
                continue
            if lines[i].startswith("\tgoroutine running on other thread"):
                i += 1
                continue
            place = PLACE.match(lines[i + 1])
            assert place, f"no place: {lines[i + 1]!r} in\n{block}"
            by = CREATED.match(lines[i])
            if by:
                created, parent = (by[1], place[1], int(place[2])), by[2]
            else:
                frames.append((function(lines[i]), place[1], int(place[2]), place[3]))
            i += 2
        goid = int(header[1])
        assert goid not in found, f"goroutine {goid} twice"
        found[goid] = Goroutine(goid, header[2], frames, created, parent, block)
    return found


def function(line):
    """"main.f" of "main.f(0x1, {0x2, 0x3})": the arguments are the last pair of parentheses."""
    assert line.endswith(")"), line
    depth = 0
    for i in range(len(line) - 1, -1, -1):
        depth += (line[i] == ")") - (line[i] == "(")
        if depth == 0:
            return line[:i]
    raise AssertionError(line)


def same_frames(own, ours):
    """Whether the runtime's frames are ours. It leaves out the middle of deep stacks; up to Go 1.20 it
    stops after 100 frames, those that it does not show included, and does not always say so."""
    if None not in own:
        return own == ours or len(own) > 90 and own == ours[:len(own)]
    at = own.index(None)
    behind = own[at + 1:]
    return own[:at] == ours[:at] and (not behind or ours[-len(behind):] == behind)


def text_of(pid, *arguments, **more):
    """What -F stacks says of a process."""
    result = live.goroutop("-F", "stacks", *arguments, "-p", pid, **more)
    assert result.status == 0, result
    return result.out


def compare(target, *arguments, **more):
    """Holds that both tracebacks agree on every goroutine but the one that was asked; returns how many."""
    own = target.own()
    ours = parse(text_of(target.pid, *arguments, **more))
    # The main goroutine has answered since, and was running then.
    assert ours[1].frames[-1][0] == "main.main" and own.pop(1) and ours.pop(1)
    only = [both[goid].text for both in (own, ours) for goid in set(own) ^ set(ours) if goid in both]
    assert not only, "only one of us has\n\n" + "\n\n".join(only)
    for goid, g in own.items():
        o = ours[goid]
        assert same_frames(g.frames, o.frames), difference(g, o)
        assert (g.created, g.parent) == (o.created, o.parent), difference(g, o)
        assert plain(g.says) == plain(o.says), difference(g, o)
    return len(own)


def every_frame(mode, toolchain):
    """compare, of a target built so; how many stacks agreed."""
    with Stacks(mode, toolchain) as target:
        return compare(target, "--source", "memory")


def difference(own, ours):
    lines = zip(own.frames + [own.created], ours.frames + [ours.created])
    first = next(((a, b) for a, b in lines if a != b), "in their number, or in the first line")
    return f"they differ first in {first}\n\nthe runtime:\n{own.text}\n\nwe:\n{ours.text}"


def plain(says):
    """What stands in brackets without how long, which both know in their own ways, and marks of the GC."""
    return [word for word in says.replace(" (scan)", "").split(", ") if not word.endswith("minutes")]


# ---- profiles ----------------------------------------------------------------------------------


def traces(path):
    """Counter of stacks, each the functions from the innermost on, by `go tool pprof -traces`."""
    done = subprocess.run([golang.command(), "tool", "pprof", "-traces", path], env=golang.environment(),
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    counted = collections.Counter()
    for block in re.split(r"^-{11}\+-+\n", done.stdout, flags=re.M)[1:]:
        lines = [line for line in block.splitlines() if line.strip() and not re.match(r"^\s+\S+:", line)]
        if not lines:
            continue
        first = re.match(r"^\s*(\d+)\s+(.*)$", lines[0])
        frames = [first[2]] + [line.strip() for line in lines[1:]]
        counted[tuple(frames)] += int(first[1])
    return counted


def top(path):
    """function → (flat, cumulated), by `go tool pprof -top`."""
    done = subprocess.run([golang.command(), "tool", "pprof", "-top", "-nodecount=100000",
                           "-nodefraction=0", "-edgefraction=0", path], env=golang.environment(),
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^\s*(\d+)\s+[\d.]+%\s+[\d.]+%\s+(\d+)\s+[\d.]+%\s+(.*)$", done.stdout, flags=re.M)
    return {name: (int(flat), int(cumulated)) for flat, cumulated, name in rows}


def profiles(target):
    """The paths of the runtime's own goroutine profile and of ours."""
    folder = tempfile.mkdtemp()
    own, ours = os.path.join(folder, "own"), os.path.join(folder, "ours")
    target.ask(f"profile {own}")
    result = live.goroutop("-F", "pprof", "-o", ours, "-p", target.pid)
    assert result.status == 0 and result.out == "", result
    return own, ours
