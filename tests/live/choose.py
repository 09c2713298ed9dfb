# SPDX-License-Identifier: GPL-2.0-or-later
"""-f and -s: which goroutines, in which order."""

from suite import test
import live

NAMED = {"running": 0, "runnable": 1, "syscall": 2, "waiting": 3}


def rows(pid, *arguments):
    return live.picture(pid, "--source", "memory", *arguments)["goroutines"]


FILTERS = {
    "state=waiting": lambda g: g["state"] == "waiting",
    "!state=waiting": lambda g: g["state"] != "waiting",
    "reason:CHAN": lambda g: g["reason"] is not None and "chan" in g["reason"],
    'reason="chan receive"': lambda g: g["reason"] == "chan receive",
    "mutex": lambda g: "Mutex" in (g["reason"] or "") or "Mutex" in g["start"],
    "start:waitmutex | start:waitcond": lambda g: g["start"] in ("main.waitMutex", "main.waitCond"),
    "(state=waiting reason:chan) | goid=1": lambda g: g["goid"] == 1 or "chan" in (g["reason"] or ""),
    "created:startSelect state:wait": lambda g: (g["created_by"] or {}).get("function") == "main.startSelect",
    "age>1h": lambda g: False,
    "goid>=1 goid<2": lambda g: g["goid"] == 1,
    "parent=1": lambda g: g["parent"] == 1,
    "file:kinds.go": lambda g: "kinds.go" in ((g["created_by"] or {}).get("file") or ""),
    "label:tenant=acme": lambda g: (g["labels"] or {}).get("tenant") == "acme",
    "thread>0 state=syscall": lambda g: g["state"] == "syscall",
    "waker:anything": lambda g: False,
    "!waker:anything": lambda g: False,
}


@test(each=lambda: list(FILTERS))
def a_filter_shows_what_it_says(expression):
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=2, chansend=2, select=2, mutex=3, cond=2, syscall=2, labelled=1)
        every = rows(oracle.pid)
        assert any(g["labels"] for g in every), "no labels are read"
        some = rows(oracle.pid, "-f", expression)
        wanted = {g["goid"] for g in every if FILTERS[expression](g)}
        assert {g["goid"] for g in some} == wanted, (wanted, some)


@test
def a_filter_does_not_change_the_summary():
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=3, mutex=2)
        picture = live.picture(oracle.pid, "--source", "memory", "-f", "goid=1")
        assert len(picture["goroutines"]) == 1 and picture["summary"]["goroutines"] == 6, picture["summary"]


@test(each=lambda: ["state=nonsense", "(goid=1", "nonsense=1", "age>x", '"open', "!", "a | "])
def a_bad_filter_is_a_mistake(expression):
    with live.Actor("forever") as actor:
        result = live.goroutop("-F", "json", "-n", "1", "-f", expression, "-p", actor.pid)
        live.one_line(result, 2)


def created(g):
    site = g["created_by"] or {}
    return site.get("function")


SORTS = {
    "goid": lambda g: g["goid"],
    "goid:desc": lambda g: g["goid"],
    "state": lambda g: NAMED[g["state"]],
    "reason": lambda g: g["reason"],
    "start": lambda g: g["start"],
    "created": created,
    "thread": lambda g: g["thread"],
    "parent": lambda g: g["parent"],
    "age": lambda g: g["age_ns"],
    "age:asc": lambda g: g["age_ns"],
}


@test(each=lambda: list(SORTS))
def rows_are_in_the_order_asked_for(order):
    with live.Oracle() as oracle:
        oracle.populate(select=3)
        oracle.populate(chanrecv=2, mutex=3, cond=2, syscall=2, locked=2)
        shown = rows(oracle.pid, "-s", order)
        key = SORTS[order]
        column, _, direction = order.partition(":")
        down = direction == "desc" or (not direction and column == "age")
        known = [g for g in shown if key(g) not in (None, "")]
        assert shown[:len(known)] == known, "an unknown one stands before a known one"
        for a, b in zip(known, known[1:]):
            ahead = key(a) > key(b) if down else key(a) < key(b)
            assert ahead or (key(a) == key(b) and a["goid"] < b["goid"]), f"{a}\nstands before\n{b}"
