# SPDX-License-Identifier: GPL-2.0-or-later
"""Without privileges: what still works, and what is said about the rest."""

import os

from suite import test
import golang
import live
import privilege
import schema
import truth


def oracle_of(user, mode="stripped"):
    return live.Oracle(path=live.copy_as(golang.program("oracle", mode), "oracle"), user=user)


@test
def an_ordinary_user_watches_an_own_process_from_memory():
    with oracle_of("nobody") as oracle:
        oracle.populate(chanrecv=3, mutex=3, syscall=2)
        known = oracle.truth()
        result = live.goroutop("-F", "json", "-n", "2", "-d", "0.1", "-p", oracle.pid, user="nobody")
        assert result.status == 0, result
        seen = result.objects()
        schema.check(seen)
        truth.hold(known, seen[0])
        assert seen[0]["source"]["mode"] == "memory", seen[0]["source"]
        assert "CAP_SYS_ADMIN" in result.err or "CAP_BPF" in result.err, f"it does not say why: {result.err}"


@test
def a_process_of_somebody_else_is_refused():
    privilege.need_root("to be nobody")
    with live.Oracle() as oracle:
        result = live.goroutop("-F", "json", "-n", "1", "-p", oracle.pid, user="nobody")
        live.one_line(result, 3, str(oracle.pid), "CAP_")


@test
def probes_alone_need_permission():
    with oracle_of("nobody") as oracle:
        result = live.goroutop("-F", "json", "-n", "1", "--source", "probe", "-p", oracle.pid, user="nobody")
        live.one_line(result, 3, "CAP_")


@test(alone=True)
def without_sys_admin_and_bpf_it_goes_on_from_memory():
    prefix = privilege.without("sys_admin", "bpf", "perfmon")
    before = live.bpf_programs()
    with live.Oracle() as oracle:
        oracle.populate(cond=2, sleep=2)
        known = oracle.truth()
        with live.Process([*prefix, live.program(), "-F", "json", "-n", "2", "-d", "0.1", "-p",
                           oracle.pid]) as g:
            assert g.end() == 0, g.err.text()
            seen = [live.parse(line) for line in g.out.text().splitlines()]
            schema.check(seen)
            truth.hold(known, seen[0])
            assert seen[0]["source"]["mode"] == "memory", seen[0]["source"]
            assert "CAP_" in g.err.text(), g.err.text()
        live.no_more_bpf_programs_than(before)


@test(alone=True)
def without_any_capability_root_is_nobody_special():
    """uid 0 without capabilities cannot read another user's process."""
    prefix = privilege.without("all")
    with oracle_of("nobody") as oracle:
        with live.Process([*prefix, live.program(), "-F", "json", "-n", "1", "-p", oracle.pid]) as g:
            status = g.end()
            assert status == 3 and g.out.text() == "" and "CAP_" in g.err.text(), (status, g.err.text())


@test(alone=True)
def capabilities_are_set_aside_while_it_watches():
    """Effective only inside brackets: what it does with the target's data, it does without them."""
    privilege.for_probes()
    privilege.need_root("to look at its capabilities")
    with live.Actor("churn:1h") as actor:
        with live.Goroutop("-F", "json", "-d", "0.1", "-p", actor.pid, probes=True) as g:
            stream = live.Pictures(g)
            for _ in range(5):
                stream.next()
            wrong = {}
            for thread in os.listdir(f"/proc/{g.pid}/task"):
                with open(f"/proc/{g.pid}/task/{thread}/status") as f:
                    effective = next(line.split()[1] for line in f if line.startswith("CapEff:"))
                if int(effective, 16):
                    wrong[thread] = effective
            assert not wrong, wrong


@test
def the_file_of_another_user_is_not_written_for_him():
    """-o is opened with the caller's own rights: root's goroutop makes root's file, nobody's cannot
    write where nobody may not."""
    with oracle_of("nobody") as oracle:
        result = live.goroutop("-F", "json", "-n", "1", "-o", "/etc/goroutop-test", "-p", oracle.pid,
                               user="nobody")
        live.one_line(result, 1, "/etc/goroutop-test")
        assert not os.path.exists("/etc/goroutop-test")
