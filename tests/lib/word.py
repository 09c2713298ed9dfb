# SPDX-License-Identifier: GPL-2.0-or-later
"""The runtime's own word: /debug/pprof/goroutine?debug=2 of a target, held against our rows.

A dump stops the world: between two of them, whatever is in both lived all the time (goids are never
used again), and what stood where it stood before has most likely not moved."""

import re
import time
import urllib.error
import urllib.request

import live

HEADER = re.compile(r"^goroutine (\d+)[^\[]*\[([^\]]*)\]")
CREATED = re.compile(r"^created by (.*?)(?: in goroutine (\d+))?\n\t(.*):(\d+)", re.MULTILINE)
AGE = re.compile(r", \d+ minutes")


def answer(url, timeout=20):
    """The text that a URL gives; None where nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            return response.read().decode(errors="replace")
    except (urllib.error.URLError, OSError):
        return None


class Told:
    """One goroutine as a dump tells it."""

    def __init__(self, block, header):
        self.text = AGE.sub("", block)
        words = header[2].split(", ")
        self.says = words[0].replace(" (scan)", "")
        created = CREATED.search(block)
        self.creator = (created[1], created[3], int(created[4])) if created else None
        self.parent = int(created[2]) if created and created[2] else None


def dump(url):
    """{goid: Told} at this moment."""
    text = answer(url)
    assert text is not None, f"{url} does not answer"
    told = {}
    for block in text.split("\n\n"):
        header = HEADER.match(block)
        if header:
            told[int(header[1])] = Told(block, header)
    assert told, f"no goroutine in {text[:200]!r}"
    return told


def disagreements(told, row):
    """What a row says otherwise than the runtime, as texts."""
    if told.says not in (row["reason"], row["state"]):
        yield f"the runtime says {told.says!r}, we {row['state']}, {row['reason']!r}"
    site = row["created_by"] or {}
    ours = (site.get("function"), site.get("file"), site.get("line")) if site else None
    if ours != told.creator:
        yield f"created by {told.creator}, we say {ours}"
    if told.parent is not None and row["parent"] != told.parent:
        yield f"parent {told.parent}, we say {row['parent']}"


class Comparison:
    """Rounds of dump, picture, dump of one goroutop. What is wrong beyond doubt goes to `wrong`."""

    def __init__(self, url, stream):
        self.url, self.stream = url, stream
        self.wrong = []
        self.rounds = self.held = self.rows = 0
        self.shown_before = set()
        self.doubtful = {}  # goid: how many rounds in a row it disagreed though it may have moved

    def round(self):
        begun = time.monotonic()
        before = dump(self.url)
        picture = self.stream.fresh()
        took = (time.monotonic() - begun) * 1e9
        after = dump(self.url)
        rows = {r["goid"]: r for r in picture["goroutines"]}
        self.presence(before, after, rows)
        self.content(before, after, rows, took)
        self.rounds += 1
        self.rows += len(rows)
        return picture

    def presence(self, before, after, rows):
        for goid in before.keys() & after.keys() - rows.keys():
            self.wrong.append(f"{goid} is not shown: {before[goid].text}")
        # Shown in the last picture and in this one, it lived in between, when the dump was made.
        for goid in self.shown_before & rows.keys() - before.keys():
            self.wrong.append(f"a ghost: {rows[goid]}")
        self.shown_before = set(rows)

    def content(self, before, after, rows, took):
        doubtful = {}
        for goid in before.keys() & after.keys() & rows.keys():
            if before[goid].text != after[goid].text:
                continue
            found = list(disagreements(before[goid], rows[goid]))
            self.held += not found
            # It may have moved and come back: by our own word, unless that is wrong each time.
            moved = rows[goid]["age_ns"] is not None and rows[goid]["age_ns"] < took
            if found and moved and self.doubtful.get(goid, 0) < 3:
                doubtful[goid] = self.doubtful.get(goid, 0) + 1
            elif found:
                self.wrong += [f"{goid}: {f}" for f in found]
        self.doubtful = doubtful

    def done(self):
        assert not self.wrong, "\n".join(self.wrong[:30])


def compare(pid, url, source, rounds, delay=0.3):
    """Rounds of comparison by a goroutop of its own; returns the Comparison and the last picture."""
    with live.Goroutop("-F", "json", "-d", delay, "--source", source, "-p", pid,
                       probes=source != "memory") as g:
        comparison = Comparison(url, live.Pictures(g))
        for _ in range(rounds):
            picture = comparison.round()
        comparison.done()
        return comparison, picture
