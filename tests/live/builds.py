# SPDX-License-Identifier: GPL-2.0-or-later
"""Every way to build, and Go releases from the oldest to the newest: the table equals the truth.

`make check` takes some releases, in the two builds that say most; where they cannot be had they are
skipped by name. `make matrix` takes all of them."""

from suite import test
import golang
import oracles

# The floor, the last of the old goid timing, and where layouts, wait reasons or syscalls changed.
TOOLCHAINS = ["go1.17.13", "go1.18.10", "go1.20.14", "go1.21.13", "go1.23.12", "go1.24.13", "go1.25.7",
              "go1.27.4"]


def agrees(mode, toolchain=golang.LOCAL):
    """At rest and after a short storm, with probes and without; the target as it was understood."""
    last, _ = oracles.at_rest_and_after_a_storm(mode, toolchain, seconds=1, least=0)
    assert last["auto"]["source"]["mode"] == "probe+memory", last["auto"]["source"]
    assert last["auto"]["source"]["transitions"] > 1000, last["auto"]["source"]
    return last["memory"]["target"]


@test(alone=True, timeout=180, each=lambda: [m for m in golang.MODES if "pgo" not in m])
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
