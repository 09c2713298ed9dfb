# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs of which neither a symbol nor the runtime's code tells where the list of goroutines is: it is
found by scanning what they can write."""

import struct
import subprocess

from report import doctor
from suite import test
import golang
import live
import oracles
import privilege
import schema
import truth


def replace(path, old, new):
    """A copy of the file in which `new` stands where `old` did, once."""
    path = live.copy_as(path, "rewritten")
    with open(path, "r+b") as f:
        data = f.read()
        assert data.count(old) == 1 and len(old) == len(new), data.count(old)
        f.seek(data.index(old))
        f.write(new)
    return path


def without_its_function(toolchain, mode="stripped"):
    """No symbols, and the function whose code tells has another name: as if a release had no such one."""
    path = golang.program("oracle", mode, toolchain)
    return replace(path, b"\0runtime.allgadd\0", b"\0runtime.allgadz\0")


def without_its_function_and_moved(toolchain):
    return without_its_function(toolchain, "stripped-pie")


def address(path, name):
    listed = subprocess.run([golang.command(), "tool", "nm", path], env=golang.environment(), check=True,
                            capture_output=True, text=True).stdout
    return next(int(line.split()[0], 16) for line in listed.splitlines() if line.split()[-1] == name)


def with_a_wrong_symbol(toolchain):
    """The symbol leads to another list, that of the processors: both are slices of three words."""
    path = golang.program("oracle", "default", toolchain)
    places = [struct.pack("<QQ", address(path, name), 24) for name in ("runtime.allgs", "runtime.allp")]
    return replace(path, *places)


CASES = [*((how, t) for how in (without_its_function, with_a_wrong_symbol)
           for t in ("go1.20.14", golang.LOCAL, "go1.27.4")),
         (without_its_function_and_moved, golang.LOCAL)]


@test(alone=True, timeout=180, each=lambda: CASES,
      call=lambda case: f"{case[0].__name__.replace('_', ' ')}, {case[1]}")
def the_list_is_found_by_scanning(case):
    """At rest and after a storm, with probes and without; --doctor says how."""
    how, toolchain = case
    with live.Oracle(path=how(toolchain)) as oracle:
        oracle.populate(**oracles.population(oracle, 2))
        known = oracle.truth()
        privilege.for_probes()
        mark, said = doctor(oracle.pid)["Runtime's variables"]["runtime.allgs"]
        assert mark == "ok" and "found by scanning" in said and "verified live" in said, said
        if how is with_a_wrong_symbol:
            right = address(golang.program("oracle", "default", toolchain), "runtime.allgs")
            assert said.startswith(f"{right:#x},"), f"{said}, but it is at {right:#x}"
        with oracles.watchers(oracle.pid, oracles.SOURCES) as streams:
            for stream in streams.values():
                truth.hold(known, stream.next())
            oracle.ask("storm 1")
            oracle.ask("barrier")
            last = oracles.hold_now(oracle.truth(), streams)
            for stream in streams.values():
                schema.check(stream.seen)
        assert last["auto"]["source"]["mode"] == "probe+memory", last["auto"]["source"]
