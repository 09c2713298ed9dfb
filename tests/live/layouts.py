# SPDX-License-Identifier: GPL-2.0-or-later
"""Releases whose layout nobody knows: rows of the table are hidden, or the runtime's structs have grown."""

import json
import os
import re
import subprocess

from suite import Skip, test
import build
import golang
import live
import oracles
import schema
import truth

# To which thread a goroutine is locked, and its labels, are not among what a search finds.
BEYOND_SEARCH = ("locked", "lockedsyscall", "labelled")


def hidden(minors):
    return {"GOROUTOP_HIDE_LAYOUTS": minors}


def holds(oracle, env, layout, leave_out=(), storm=True):
    """The table equals the truth before and after a storm, by that kind of layout."""
    kinds = {k: n for k, n in oracles.population(oracle, 2).items() if k not in leave_out}
    oracle.populate(**kinds)
    known = oracle.truth()
    with live.Goroutop("-F", "json", "-d", "0.2", "-p", oracle.pid, env=env, probes=True) as g:
        stream = live.Pictures(g)
        picture = stream.next()
        assert picture["target"]["layout"] == layout, picture["target"]
        assert picture["source"]["mode"] == "probe+memory", picture["source"]
        truth.hold(known, picture)
        if storm:
            oracle.ask("storm 1")
            oracle.ask("barrier")
            known = oracle.truth()
            picture = stream.fresh()
            truth.hold(known, picture)
            assert picture["source"]["transitions"] > 1000, picture["source"]
        schema.check(stream.seen)
    return picture


# What lies where it lies in the release before or after it, as far as goroutines go; and two that no
# other release resembles.
@test(alone=True, timeout=180, each=lambda: [("go1.21.13", "21"), ("go1.24.13", "24"), (golang.LOCAL, "26")],
      call=", without ".join)
def a_release_with_the_layout_of_another_is_matched(case):
    toolchain, hide = case
    with live.Oracle("stripped", toolchain) as oracle:
        if toolchain == golang.LOCAL and golang.minor(golang.version()) != 26:
            raise Skip("toolchain", "this Go is not 1.26, which is to be hidden")
        # m.lockedg, which bears out g.lockedm, moved from release to release before.
        holds(oracle, hidden(hide), "matched", () if toolchain == golang.LOCAL else BEYOND_SEARCH,
              storm=toolchain == golang.LOCAL)


@test(alone=True, timeout=180,
      each=lambda: ["go1.17.13", "go1.20.14", "go1.23.12", "go1.25.7", golang.LOCAL, "go1.27.4"])
def a_release_like_no_other_is_searched(toolchain):
    with live.Oracle("stripped", toolchain) as oracle:
        holds(oracle, hidden("all"), "calibrated", BEYOND_SEARCH, storm=toolchain == golang.LOCAL)


def grow(source):
    """runtime2.go with fields put into g before its status and before its creator, and into m."""
    for line, more in ((r"\tatomicstatus\s+atomic", "\tgrownA, grownB uint64\n"),
                       (r"\tparentGoid\s+uint64", "\tgrownC uintptr\n"),
                       (r"\tprocid\s+uint64", "\tgrownM uint64\n")):
        source, n = re.subn(f"(?m)^(?={line})", more, source)
        assert n == 1, f"{n} lines of runtime2.go are {line}"
    return source


def grown_oracle():
    """The oracle, built with a runtime that is no release's."""
    go = golang.version()
    root = subprocess.run([golang.command(), "env", "GOROOT"], env=golang.environment(), check=True,
                          capture_output=True, text=True).stdout.strip()
    original = os.path.join(root, "src/runtime/runtime2.go")
    if not os.path.exists(original):
        raise Skip("toolchain", f"{root} has no source of the runtime")
    folder = os.path.join(build.BUILD, "targets", go, "grown")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "oracle")
    with build.lock(f"targets/{go}/grown/oracle"), open(original) as f:
        grown = os.path.join(folder, "runtime2.go")
        text = grow(f.read())
        overlay = os.path.join(folder, "overlay.json")
        arguments = [f"-overlay={overlay}", "-ldflags=-s -w"]
        if not golang.fresh(path, "oracle", [*arguments, text]):
            with open(grown, "w") as out:
                out.write(text)
            with open(overlay, "w") as out:
                json.dump({"Replace": {original: grown}}, out)
            golang.compile_go("oracle", go, path, {**golang.environment(), "CGO_ENABLED": "0"}, arguments)
            golang.remember(path, "oracle", [*arguments, text])
    return path


@test(alone=True, timeout=400)
def structs_that_have_grown_are_searched():
    path = grown_oracle()
    with live.Oracle(path=path) as oracle:
        # Its version says that it is a release of the table: that is found out to be wrong.
        holds(oracle, {}, "calibrated", BEYOND_SEARCH)


@test(alone=True, timeout=60)
def a_command_is_watched_once_its_layout_is_known():
    path = golang.program("actor", "stripped")
    result = live.goroutop("-F", "json", "-n", "3", "-d", "0.2", "--", path, "goroutines:3", "churn:4s",
                           env=hidden("all"), probes=True)
    assert result.status == 0, result
    last = result.objects()[-1]
    assert last["target"]["layout"] == "calibrated" and last["source"]["mode"] == "probe+memory", last
    assert last["summary"]["goroutines"] >= 4, last["summary"]


@test
def without_memory_it_is_refused():
    with live.Actor("forever", mode="stripped") as actor:
        result = live.goroutop("-F", "json", "-n", "1", "--source", "probe", "-p", actor.pid, env=hidden("all"),
                               probes=True)
        live.one_line(result, 4, "layout", "--source probe")
