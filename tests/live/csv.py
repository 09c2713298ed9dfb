# SPDX-License-Identifier: GPL-2.0-or-later
"""-F csv and -F table: the columns, their order, their names."""

import csv
import io
import re

from suite import test
import live

COLUMNS = ("goid", "state", "age", "reason", "thread", "processor", "where", "start", "created", "parent",
           "waker", "transitions", "switches", "rate", "run", "runq", "wait", "sys", "maxlat",
           "labels")


def table(pid, *arguments, n=1):
    result = live.goroutop("-F", "csv", "-n", n, "-d", "0.1", "--source", "memory", *arguments, "-p", pid)
    assert result.status == 0, result
    return list(csv.reader(io.StringIO(result.out)))


@test
def the_header_names_the_columns_as_options_do():
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=2, mutex=2)
        rows = table(oracle.pid)
        assert set(rows[0]) <= set(COLUMNS) and {"goid", "state", "age"} <= set(rows[0]), rows[0]
        assert all(len(row) == len(rows[0]) for row in rows)


@test
def columns_are_those_asked_for_in_that_order():
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=3, cond=1)
        rows = table(oracle.pid, "-c", "reason,goid,state", "-s", "goid")
        assert rows[0] == ["reason", "goid", "state"], rows[0]
        known = {str(g["goid"]): g for g in oracle.truth()["goroutines"]}
        assert [row[1] for row in rows[1:]] == sorted(known, key=int), rows
        for reason, goid, state in rows[1:]:
            says = known[goid]["says"]
            if goid != "1":
                assert (reason, state) == (says, "waiting"), (goid, reason, state)


@test
def every_column_can_be_asked_for():
    with live.Oracle() as oracle:
        oracle.populate(labelled=1, chanrecv=1)
        for column in COLUMNS:
            rows = table(oracle.pid, "-c", f"goid,{column}")
            assert rows[0] == ["goid", column] and len(rows) == 4, (column, rows)


@test
def the_header_comes_once():
    with live.Oracle() as oracle:
        rows = table(oracle.pid, "-c", "goid,state", n=3)
        assert rows == [["goid", "state"]] + [["1", "syscall"]] * 3, rows


@test
def ages_are_nanoseconds():
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=1)
        rows = table(oracle.pid, "-c", "goid,age", "-s", "goid", n=3)
        ages = [int(age) for goid, age in rows[1:] if goid != "1"]
        assert len(ages) == 3 and ages[0] < ages[1] < ages[2] < 60e9, ages
        assert ages[2] - ages[0] > 0.15e9, ages


@test
def an_unknown_column_is_a_mistake():
    with live.Actor("forever") as actor:
        for option in ("-c", "-s"):
            result = live.goroutop("-b", "-n", "1", option, "goid,nonsense" if option == "-c" else "nonsense",
                                   "-p", actor.pid)
            assert result.status == 2 and "nonsense" in result.err and result.out == "", result


@test
def the_table_without_a_terminal_is_batch():
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=2)
        result = live.goroutop("-n", "2", "-d", "0.1", "--source", "memory", "-p", oracle.pid)
        assert result.status == 0 and "\x1b" not in result.out, result
        assert result.out.count("chan receive") == 4, result
        assert len(re.findall(r"^\s*GOID\b", result.out, re.MULTILINE)) == 2, result
        for word in ("oracle", str(oracle.pid), oracle.truth()["go"], "main.waitChanReceive"):
            assert word in result.out, f"{word} is not in\n{result.out}"
