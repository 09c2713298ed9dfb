# SPDX-License-Identifier: GPL-2.0-or-later
"""--doctor: what it says of this machine and of targets of all kinds is so."""

import os
import re

from report import doctor, sections
from suite import test
import golang
import live
import privilege


def bad(report):
    return [f"{section}: {name}: {text}" for section, names in report.items()
            for name, (mark, text) in names.items() if mark == "no"]


@test
def without_a_target_it_speaks_of_the_machine_alone():
    report = doctor()
    assert list(report) == ["Kernel", "Permissions"], report
    assert os.uname().release in report["Kernel"]["version"][1], report


@test(alone=True)
def root_is_told_that_all_of_it_works():
    privilege.for_probes()
    report = doctor()
    assert not bad(report), bad(report)
    assert re.search(r"a hit costs [\d.]+ us", report["Kernel"]["probes"][1]), report["Kernel"]


def check_target(report, *, stripped, origin):
    assert not bad(report), bad(report)
    assert report["Executable"]["symbols"][1].startswith("stripped" if stripped else "a symbol table")
    assert report["Layout"]["origin"][1].startswith(origin), report["Layout"]
    variables = report["Runtime's variables"]
    for name in ("allgs", "allglen", "allp", "sched", "allm", "gcphase", "waitReasonStrings"):
        mark, said = variables[f"runtime.{name}"]
        assert mark == "ok" and "verified live" in said, f"{name}: {said}"
        assert ("decoded from" if stripped else "symbol") in said, f"{name}: {said}"
    assert report["Probes"]["verified live"][0] == "ok", report["Probes"]
    assert report["Verdict"]["watching"][0] == "ok", report["Verdict"]


@test(alone=True)
def a_busy_program_is_understood_with_and_without_symbols():
    privilege.for_probes()
    for mode, origin in (("default", "dwarf"), ("stripped", "table"), ("stripped-pie", "table")):
        path = golang.program("actor", mode)
        with live.Actor("churn:1h", mode=mode) as actor:
            report = doctor(actor.pid)
            check_target(report, stripped=mode != "default", origin=origin)
            version = report["Executable"]["Go version"][1]
            assert golang.version() in version, version
            assert path in report["Executable"]["file"][1], report["Executable"]
            sites = report["Probe sites"]
            name = next(n for n in sites if n.startswith("runtime.casgstatus"))
            assert "emulates" in sites[name][1] and "the same bytes" in sites[name][1], sites


@test(alone=True)
def nothing_of_it_stays_in_the_kernel():
    privilege.for_probes()
    before = live.bpf_programs()
    with live.Actor("churn:1h") as actor:
        doctor(actor.pid)
        live.no_more_bpf_programs_than(before)
        assert actor.alive()


@test
def an_ordinary_user_is_told_what_lacks_and_what_to_do():
    path = live.copy_as(golang.program("oracle", "stripped"), "oracle")
    with live.Oracle(path=path, user="nobody") as oracle:
        result = live.goroutop("--doctor", "--ascii", oracle.pid, user="nobody")
        assert result.status == 0, result
        report = sections(result.out)
        assert report["Permissions"]["CAP_BPF"][0] == "!", report["Permissions"]
        assert "sudo" in report["Permissions"]["CAP_BPF"][1], report["Permissions"]
        assert "CAP_" in report["Probes"]["not attached"][1], report["Probes"]
        assert report["Memory"]["/proc/PID/mem"][0] == "ok", report["Memory"]
        assert report["Verdict"]["watching"][1].startswith("memory alone"), report["Verdict"]


@test
def what_nobody_may_watch_has_the_status_of_permission():
    privilege.need_root("to be nobody")
    with live.Oracle() as oracle:
        result = live.goroutop("--doctor", oracle.pid, user="nobody")
        assert result.status == 3 and "CAP_SYS_PTRACE" in result.out, result


@test
def what_is_not_go_is_named():
    report = doctor(os.getpid(), status=4)
    assert "not a Go program" in report["Target"]["target"][1], report["Target"]
    report = doctor("no-process-has-this-name", status=4)
    assert "no process is named" in report["Target"]["target"][1], report["Target"]


@test
def it_fits_into_the_width_of_a_terminal():
    """A file gets lines of a readable length."""
    for line in live.goroutop("--doctor").out.splitlines():
        assert len(line) <= 100, line


@test
def it_goes_with_no_command():
    result = live.goroutop("--doctor", "--", "true")
    live.one_line(result, 2, "--doctor")
