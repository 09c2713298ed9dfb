# SPDX-License-Identifier: GPL-2.0-or-later
"""Every way to build, and Go releases from the oldest to the newest: the table equals the truth.

`make check` takes some releases, in the two builds that say most; where they cannot be had they are
skipped by name."""

from suite import test
import golang
import live
import schema
import truth

# The floor, the last of the old goid timing, and where layouts, wait reasons or syscalls changed.
TOOLCHAINS = ["go1.17.13", "go1.18.10", "go1.20.14", "go1.21.13", "go1.23.12", "go1.24.13", "go1.25.7",
              "go1.27.4"]


def population(oracle):
    return {kind: 1 if kind == "pollread" else 2 for kind in oracle.kinds if kind != "spin"}


def agrees(mode, toolchain=golang.LOCAL):
    """At rest, after a storm, with probes and without."""
    with live.Oracle(mode, toolchain) as oracle:
        oracle.populate(**population(oracle))
        known = oracle.truth()
        from_memory = live.picture(oracle.pid, "--source", "memory")
        schema.check([from_memory])
        truth.hold(known, from_memory)
        with live.Goroutop("-F", "json", "-d", "0.1", "-p", oracle.pid, probes=True) as g:
            stream = live.Pictures(g)
            first = stream.next()
            truth.hold(known, first)
            assert first["source"]["mode"] == "probe+memory", first["source"]
            oracle.ask("storm 1")
            oracle.ask("barrier")
            known = oracle.truth()
            stream.next_from(live.time.monotonic())
            last = stream.next()
            truth.hold(known, last)
            schema.check(stream.seen)
            assert last["source"]["transitions"] > 1000, last["source"]
        return first["target"]


@test(alone=True, timeout=180, each=lambda: list(golang.MODES))
def a_build_of_any_kind_is_understood(mode):
    target = agrees(mode)
    stripped = mode.startswith("stripped")
    assert target["stripped"] is stripped, target
    assert target["layout"] == ("table" if stripped else "dwarf"), target


@test(alone=True, timeout=400, each=lambda: [(t, m) for t in TOOLCHAINS for m in ("default", "stripped")],
      call=", ".join)
def a_release_is_understood(case):
    toolchain, mode = case
    target = agrees(mode, toolchain)
    assert target["go_version"] == toolchain, target
    assert target["layout"] == ("table" if mode == "stripped" else "dwarf"), target
