# SPDX-License-Identifier: GPL-2.0-or-later
"""Groups of a live program, the goroutines that are gone, and the leak radar."""

import csv
import io

from suite import Skip, test
from family import Family
import golang
import live
import schema
from schema import COUNT, NULL, array, maybe

PATIENCE = 30.0

GROUP = {
    "key": maybe(str),
    "count": COUNT,
    "delta": (int, NULL),
    "delta_minute": (int, NULL),
    "running": COUNT,
    "runnable": COUNT,
    "waiting": COUNT,
    "syscall": COUNT,
    "other": COUNT,
    "oldest_ns": maybe(COUNT),
    "created_per_s": maybe(float),
    "ended_per_s": maybe(float),
    "created": maybe(COUNT),
    "ended": maybe(COUNT),
    "running_ns": maybe(COUNT),
    "running_pct": maybe(float),
    "mean_life_ns": maybe(COUNT),
    "mean_sched_latency_ns": maybe(COUNT),
    "max_sched_latency_ns": maybe(COUNT),
    "leak": maybe(str),
}


def check(picture):
    """Every key of every group, and that the states add up."""
    kind = {**schema.PICTURE, "groups": array(dict)}
    del kind["goroutines"]
    wrong = schema.problems(picture, kind)
    for g in picture["groups"]:
        change = {k: v for k, v in GROUP.items() if k not in ("delta", "delta_minute")}
        wrong += schema.problems({k: g[k] for k in g if k in change or k not in GROUP}, change, g["key"])
        wrong += [f"{g['key']}: {k} is {g[k]!r}" for k in ("delta", "delta_minute")
                  if not isinstance(g[k], (int, NULL))]
        parts = sum(g[k] for k in ("running", "runnable", "waiting", "syscall", "other"))
        if parts != g["count"]:
            wrong.append(f"{g['key']}: the states add up to {parts} of {g['count']}")
    if sum(g["count"] for g in picture["groups"]) != picture["summary"]["goroutines"]:
        wrong.append("the groups do not add up to all goroutines")
    assert not wrong, "\n".join(wrong)


def named(picture, text):
    """The groups whose key holds a text."""
    return [g for g in picture["groups"] if g["key"] and text in g["key"]]


def one(picture, text):
    found = named(picture, text)
    assert len(found) == 1, (text, [g["key"] for g in picture["groups"]])
    return found[0]


@test
def groups_are_of_the_schema_by_every_key():
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=3, mutex=2, select=2, sleep=2)
        for key in ("site", "start", "where", "state", "reason", "thread", "label=tenant"):
            for picture in live.pictures(oracle.pid, "--group", key, "--source", "memory", n=2):
                check(picture)


@test
def groups_count_what_the_target_counts():
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=7, mutex=2, select=3)
        reasons = {}
        for g in oracle.truth()["goroutines"]:
            reasons[g["says"]] = reasons.get(g["says"], 0) + 1
        picture = live.picture(oracle.pid, "--group", "reason", "--source", "memory")
        for reason in ("chan receive", "select"):
            assert one(picture, reason)["count"] == reasons[reason], (picture["groups"], reasons)
        # A filter leaves what matches, and what changed is not known of it.
        picture = live.picture(oracle.pid, "--group", "state", "-f", "reason=select", "--source", "memory")
        assert [g["count"] for g in picture["groups"]] == [reasons["select"]], picture["groups"]
        assert picture["groups"][0]["delta"] is None, picture["groups"]


@test
def the_same_in_csv_and_as_text():
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=7)
        result = live.goroutop("-g", "reason", "-F", "csv", "-n", "1", "--source", "memory", "-p", oracle.pid)
        rows = list(csv.DictReader(io.StringIO(result.out)))
        assert [int(r["count"]) for r in rows if r["key"] == "chan receive"] == [7], result
        result = live.goroutop("-g", "reason", "-b", "-n", "1", "--source", "memory", "-p", oracle.pid)
        assert any(line.split()[0] == "7" and line.endswith("chan receive") for line in result.out.splitlines()
                   if line.strip()), result


@test
def what_is_no_key_and_what_prints_no_groups_is_refused():
    with live.Actor("forever") as actor:
        live.one_line(live.goroutop("-g", "colour", "-p", actor.pid), 2, "colour", "site", "reason")
        live.one_line(live.goroutop("-g", "site", "-F", "events", "-p", actor.pid), 2, "events", "groups")
        live.one_line(live.goroutop("--radar", "grow=many", "-p", actor.pid), 2, "--radar", "grow=many")


def watch(pid, *arguments, probes=False):
    return live.Goroutop("-F", "json", "-g", "site", "-d", "0.25", *arguments, "-p", pid, probes=probes)


def until(pictures, condition, what):
    return pictures.until(condition, what, ("groups",), PATIENCE)


@test(alone=True)
def of_those_that_are_gone_the_site_tells():
    with Family() as family, watch(family.pid, probes=True) as g:
        pictures = live.Pictures(g)
        pictures.next()
        family.do("requests 300")
        picture = until(pictures, lambda p: any(r["ended"] == 300 for r in named(p, "main.requests")),
                        "all requests are told as ended")
        check(picture)
        site = one(picture, "main.requests")
        assert site["count"] == 0 and site["created"] == 300, site
        # Each computes for 2 ms, as its own clock has it: part of that it may have waited for a CPU.
        life = 300 * site["mean_life_ns"]
        assert site["running_ns"] <= life and life >= 300 * 2e6, site
        assert site["running_ns"] >= 100 * 2e6, site
        assert site["mean_sched_latency_ns"] <= site["max_sched_latency_ns"], site


@test(alone=True)
def a_leak_is_marked_and_what_is_healthy_is_not():
    with Family() as family, watch(family.pid, "--radar", "grow=10,wait=2s,time=4s", probes=True) as g:
        pictures = live.Pictures(g)
        family.do("pool")
        family.do("warm 100")
        family.do("leak")
        marked = []

        def leaks(picture):
            marked.extend(r["key"] for r in picture["groups"] if r["leak"])
            return marked

        until(pictures, leaks, "the leak is marked")
        for _ in range(12):
            leaks(pictures.next())
        assert {key.split(":")[0] for key in marked} == {"main.leak"}, marked
        why = one(pictures.seen[-1], "main.leak")["leak"]
        for words in ("grew by", "have waited longer than 2.0s", "chan receive"):
            assert words in why, why


@test
def a_leak_is_seen_from_memory_alone():
    with Family() as family, watch(family.pid, "--radar", "grow=10,wait=1s,time=3s", "--source", "memory") as g:
        family.do("leak")
        until(live.Pictures(g), lambda p: any(r["leak"] for r in named(p, "main.leak")), "the leak is marked")


@test(alone=True)
def who_made_whom_is_told():
    if golang.minor(golang.version()) < 21:
        raise Skip("toolchain", "Go 1.21 and newer tell who made a goroutine")
    with Family() as family:
        branch, *leaves = family.do("branch 3")
        picture = live.picture(family.pid, "--source", "memory")
        parents = {g["goid"]: g["parent"] for g in picture["goroutines"]}
        assert branch not in parents, picture["goroutines"]
        assert all(parents[leaf] == branch for leaf in leaves), parents


@test(alone=True)
def of_those_that_live_for_a_moment_it_is_known_who_made_them():
    """Some thirty are there at any time, none of which was when the refresh began."""
    with Family() as family, live.Goroutop("-F", "json", "-d", "0.2", "--max-overhead", "0", "-p", family.pid,
                                          probes=True) as g:
        pictures = live.Pictures(g)
        pictures.next()
        family.do("visits")
        pictures.until(lambda p: p["summary"]["created"] > 100, "visits", ("summary",))
        young = [row for _ in range(20) for row in pictures.next()["goroutines"] if (row["transitions"] or 0) > 1]
        young = [row for row in young if row["start"] in (None, "main.visit")]
        known = [row for row in young if row["created_by"] and row["created_by"]["function"] == "main.visits"]
        assert len(young) > 50, len(young)
        assert len(known) > 0.65 * len(young), (len(known), len(young))
