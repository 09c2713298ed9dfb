# SPDX-License-Identifier: GPL-2.0-or-later
"""-F json: one object a refresh, exactly of the schema."""

import datetime
import os
import time

from suite import test
import live
import schema


@test(alone=True, each=lambda: ["auto", "memory"])
def every_object_is_of_the_schema(source):
    with live.Actor("goroutines:3", "churn:1h") as actor:
        seen = live.pictures(actor.pid, "-a", "--source", source, n=4, delay=0.2, probes=source != "memory")
        schema.check(seen)


@test
def the_target_is_described():
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=1)
        known = oracle.truth()
        target = live.picture(oracle.pid, "--source", "memory")["target"]
        assert target["pid"] == oracle.pid and target["comm"] == "oracle", target
        assert os.path.samefile(target["exe"], f"/proc/{oracle.pid}/exe"), target
        assert target["go_version"] == known["go"], target
        assert target["stripped"] is False and target["layout"] == "dwarf", target
        assert target["threads"] == len(os.listdir(f"/proc/{oracle.pid}/task")), target
        assert target["gomaxprocs"] in (None, os.cpu_count()), target
        assert target["exited"] is False, target


@test
def a_stripped_target_is_told_by_the_table():
    with live.Oracle(mode="stripped") as oracle:
        target = live.picture(oracle.pid, "--source", "memory")["target"]
        assert target["stripped"] is True and target["layout"] == "table", target


@test
def time_and_delay_are_kept():
    with live.Actor("forever") as actor:
        before = time.time()
        seen = live.pictures(actor.pid, "--source", "memory", n=4, delay=0.25)
        after = time.time()
        times = [datetime.datetime.strptime(p["time"] + "+0000", "%Y-%m-%dT%H:%M:%S.%fZ%z").timestamp()
                 for p in seen]
        assert before - 0.002 <= times[0] and times[-1] <= after + 0.002, (before, times, after)
        gaps = [b["elapsed_ns"] - a["elapsed_ns"] for a, b in zip(seen, seen[1:])]
        # On a busy machine some come later; not all.
        assert 0.2e9 < min(gaps) < 0.6e9, gaps
        # The first object is written at once, not after the first interval.
        assert after - before < 0.25 * 3 + 2, after - before


@test
def a_row_is_whole_and_lines_are_objects():
    with live.Actor("goroutines:2", "forever") as actor:
        result = live.goroutop("-F", "json", "-n", "2", "-d", "0.1", "--source", "memory", "-p", actor.pid)
        assert result.status == 0 and result.err == "", result
        assert result.out.endswith("\n") and result.out.count("\n") == 2, result
        for line in result.out.splitlines():
            assert live.parse(line)["schema"] == "goroutop/1"


@test
def output_goes_to_a_file():
    with live.Actor("forever") as actor:
        path = live.scratch_file(0)
        result = live.goroutop("-F", "json", "-n", "2", "-d", "0.1", "--source", "memory", "-o", path,
                               "-p", actor.pid)
        assert result.status == 0 and result.out == "", result
        with open(path) as f:
            schema.check([live.parse(line) for line in f])


@test
def what_is_hostile_in_names_is_escaped():
    """The process's name and arguments are its own to choose."""
    evil = "a\x1b]52;c;x\x07\x9b31m\u202eb\"\\\n"
    path = live.copy_as(live.golang.program("actor"), "evil\x1b[31m")
    with live.Actor("out:" + evil, "forever", path=path) as actor:
        result = live.goroutop("-F", "json", "-n", "1", "--source", "memory", "-p", actor.pid)
        assert result.status == 0, result
        bad = [c for c in result.out if c != "\n" and (ord(c) < 32 or 0x7f <= ord(c) < 0xa0 or c == "\u202e")]
        assert not bad, f"raw {bad} in the output"
        schema.check(result.objects())
        table = live.goroutop("-b", "-n", "1", "--source", "memory", "-p", actor.pid)
        assert table.status == 0 and "\x1b" not in table.out, table
