# SPDX-License-Identifier: GPL-2.0-or-later
"""On what goroutines wait, and their labels, against the word of a program that knows."""

import csv
import io
import re

from suite import test
from blocked import Blocked, compare
import live
import schema


@test(alone=True, timeout=120, each=lambda: ["default", "stripped", "pie", "cgo"])
def every_goroutine_waits_on_what_it_says(mode):
    """Channels, selects, mutexes, wait groups, conditions, sockets, pipes, timers, nil channels."""
    with Blocked(mode) as target:
        for source in ("memory", "auto"):
            picture = live.picture(target.pid, "--source", source, probes=source == "auto")
            schema.check([picture])
            assert compare(target, picture) > 60


@test(alone=True, timeout=240,
      each=lambda: ["go1.17.13", "go1.19.13", "go1.22.12", "go1.23.12", "go1.25.14", "go1.27.4"])
def every_goroutine_waits_on_what_it_says_in(release):
    """The releases at which something changed: reasons 1.20, timers 1.23, labels 1.24, sudogs 1.26."""
    with Blocked("stripped", release) as target:
        assert compare(target, live.picture(target.pid, "--source", "memory")) > 60


@test(alone=True)
def it_stays_so_at_each_refresh():
    with Blocked() as target:
        seen = live.pictures(target.pid, n=5, delay=0.2, probes=True)
        schema.check(seen)
        for picture in seen:
            compare(target, picture)


@test
def who_waits_for_one_object_is_found_by_it():
    with Blocked() as target:
        mutex = target.object("mutex")
        for text in (f"waits:{mutex['addr']}", f'waits="mutex {mutex["addr"]}"'):
            picture = live.picture(target.pid, "--source", "memory", "-f", text)
            assert {g["goid"] for g in picture["goroutines"]} == set(mutex["want"]["lock"]), text
        # Who does not wait, waits on nothing; of who waits on something else it is known, too.
        others = live.picture(target.pid, "--source", "memory", "-f", f"!waits:{mutex['addr']} state=waiting")
        assert not {g["goid"] for g in others["goroutines"]} & set(mutex["want"]["lock"])
        assert len(others["goroutines"]) > 40


@test
def labels_filter_sort_and_have_columns():
    with Blocked() as target:
        has = {labels.get("user"): goid for goid, labels in target.labels.items()}
        for text, expected in (('label:user="ünï"', {has["ünï"]}), ("label:user=x", set()),
                               ("label:job=one", {g for g, v in target.labels.items() if v.get("job") == "one"}),
                               ("orders", {has["ünï"]}), ("labels:user=", {has["ünï"]})):
            picture = live.picture(target.pid, "--source", "memory", "-f", text)
            assert {g["goid"] for g in picture["goroutines"]} == expected, text
        none = live.picture(target.pid, "--source", "memory", "-f", "!label:job=one")
        assert len(none["goroutines"]) > 50
        text = live.goroutop("-F", "csv", "-n", "1", "--source", "memory", "-s", "label=user",
                             "-c", "goid,label=user,labels", "-p", target.pid).out
        rows = list(csv.DictReader(io.StringIO(text)))
        assert rows[0]["label=user"] == "ünï" and rows[0]["labels"] == "route=/orders/{id} user=ünï", rows[0]
        assert not any(r["label=user"] for r in rows[1:])


@test
def what_a_target_puts_into_its_labels_does_no_harm():
    with Blocked() as target:
        for words in (("table", "-c", "goid,label=esc,labels"), ("csv", "-c", "goid,label=esc"), ("json",)):
            text = live.goroutop("-F", *words, "-n", "1", "--source", "memory", "-p", target.pid).out
            assert "red" in text and not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", text), repr(text)


@test
def too_many_columns_of_labels_are_refused():
    names = ",".join(f"label={i}" for i in range(9))
    result = live.goroutop("-c", names, "-n", "1", "-F", "csv", "-p", 1)
    assert result.status == 2 and "label=NAME" in result.err, result
