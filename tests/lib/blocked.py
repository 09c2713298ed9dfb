# SPDX-License-Identifier: GPL-2.0-or-later
"""The Go program that says what each of its goroutines waits on (tests/targets/blocked)."""

import json

import golang
import live
import privilege


class Blocked(live.Process):
    def __init__(self, mode="default", toolchain=golang.LOCAL, *arguments, **more):
        privilege.for_memory()
        self.go = golang.version(toolchain)
        super().__init__([golang.program("blocked", mode, toolchain), *arguments], **more)
        truth = json.loads(self.out.next(60))
        self.objects = truth["objects"]
        self.labels = {int(goid): labels for goid, labels in truth["labels"].items()}

    def object(self, kind, place=0):
        """The nth object of a kind."""
        return [o for o in self.objects if o["kind"] == kind][place]


def clean(text):
    """As goroutop writes what a terminal must not get."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def due_fits(on, seconds):
    return abs(on.get("due_ns", 0) / 1e9 - int(seconds)) < 60


def difference(target, truth, way, on):
    """What one of the objects that a goroutine waits on lacks of what the target says; None: nothing."""
    if on["kind"] != truth["kind"].replace("never", "nothing"):
        return "kind"
    if truth["addr"] and truth["kind"] != "never" and on["address"] != truth["addr"]:
        return "address"
    if (on["way"] or "unknown") != way:
        return "way"
    for key, value in truth["more"].items():
        if key == "due":
            # Before 1.23 a timer's channel does not lead to the timer.
            if (truth["kind"] == "timer" or golang.minor(target.go) >= 23) and not due_fits(on, value):
                return "due"
        elif str(on[{"net": "network"}.get(key, key)]) != value:
            return key
    if truth["kind"] == "chan":
        waiting = {w: len(g) for w, g in truth["want"].items()}
        if (on["receivers"], on["senders"]) != (waiting.get("receive", 0), waiting.get("send", 0)):
            return "counts"
    return None


def compare(target, picture):
    """Holds waits_on and labels of each goroutine against the target's word; how many were compared."""
    rows = {g["goid"]: g for g in picture["goroutines"]}
    wrong, compared = [], 0
    for truth in target.objects:
        for way, goids in truth["want"].items():
            for goid in goids:
                on = rows[goid]["waits_on"] or []
                lacks = [difference(target, truth, way, o) for o in on]
                compared += 1
                if None not in lacks:
                    wrong.append((goid, way, truth, on, lacks))
    for goid, labels in target.labels.items():
        compared += 1
        if rows[goid]["labels"] != {clean(k): clean(v) for k, v in labels.items()}:
            wrong.append((goid, labels, rows[goid]["labels"]))
    labelled = [g for g in picture["goroutines"] if g["labels"] and g["goid"] not in target.labels]
    assert not wrong and not labelled, (wrong, labelled)
    return compared
