# SPDX-License-Identifier: GPL-2.0-or-later
"""Without privileges: what still works, and what is said about the rest."""

import os

from suite import test
from terminal import Terminal
import containers
import golang
import live
import oracles
import privilege
import schema
import truth


def oracle_of(user, mode="stripped"):
    return live.Oracle(path=live.copy_as(golang.program("oracle", mode), "oracle"), user=user)


@test(each=lambda: ["auto", "memory"])
def an_ordinary_user_watches_an_own_process_from_memory(source):
    """Everything is there and right, before and after a storm; where probes were wanted it says why not."""
    with oracle_of("nobody") as oracle:
        oracle.populate(**oracles.population(oracle, 2))
        with live.Goroutop("-F", "json", "-d", "0.2", "--source", source, "-p", oracle.pid, user="nobody") as g:
            stream = live.Pictures(g)
            truth.hold(oracle.truth(), stream.next())
            oracle.ask("storm 1")
            oracle.ask("barrier")
            last = oracles.hold_now(oracle.truth(), {source: stream})[source]
            schema.check(stream.seen)
            assert last["source"]["mode"] == "memory", last["source"]
            lifts = "CAP_SYS_ADMIN" in g.err.text() or "CAP_BPF" in g.err.text()
            assert lifts == (source == "auto"), f"what it says: {g.err.text()}"


@test(alone=True)
def the_header_says_what_would_lift_it():
    with oracle_of("nobody") as oracle, Terminal(width=160, height=24) as terminal:
        oracle.populate(chanrecv=2)
        path = live.copy_as(live.program(), "goroutop")
        terminal.start(*privilege.as_user("nobody", [path, "-p", oracle.pid]))
        text = terminal.wait_for(r"chan receive")
        header = text[:text.index("GOID")]
        assert "memory only" in header and "CAP_" in header, text
        terminal.keys("q")


def moved(oracle, stream, n=2):
    """What probes alone must know: those that were born and moved since; (told, row) of each."""
    stream.next()
    # Coroutines switch without casgstatus: of those only memory knows.
    population = oracles.population(oracle, n)
    oracle.populate(**{kind: n for kind, n in population.items() if not kind.startswith("iter")})
    known = oracle.truth()
    rows = {r["goid"]: r for r in stream.fresh()["goroutines"]}
    told = {g["goid"]: g for g in known["goroutines"]}
    assert told.keys() <= rows.keys(), [told[i] for i in told.keys() - rows.keys()]
    # The runtime's own are not told apart: where a goroutine starts only memory knows.
    assert all(rows[i]["start"] is None and rows[i]["where"] is None for i in rows), rows
    return known["go"], [(told[i], rows[i]) for i in told]


def hold_moved(go, pairs):
    for told, row in pairs:
        states, reason = truth.designed(told, go)
        if states == ("syscall",) and golang.minor(go) >= 26:
            states = ("running", "syscall")  # these go in without casgstatus
        assert row["state"] in states, (told, row)
        assert reason is None or row["reason"] == reason, (told, row)
        assert row["age_bound"] == "exact" or told["goid"] == 1, row


@test(alone=True, timeout=200, each=lambda: [golang.LOCAL, "go1.21.13"])
def probes_alone_know_what_has_moved(toolchain):
    with live.Oracle(toolchain=toolchain) as oracle:
        with live.Goroutop("-F", "json", "-d", "0.2", "--source", "probe", "-p", oracle.pid, probes=True) as g:
            stream = live.Pictures(g)
            hold_moved(*moved(oracle, stream))
            schema.check(stream.seen)
            assert stream.seen[-1]["source"]["mode"] == "probe", stream.seen[-1]["source"]


def without_memory(pid):
    """Words for a goroutop that may do all but open that process's memory."""
    closed = live.scratch_file(0)
    os.chmod(closed, 0)
    mount = 'mount --bind "$0" "/proc/$1/mem" && shift && exec "$@"'
    return [*containers.unshare("--mount"), "sh", "-c", mount, closed, pid,
            *privilege.without("dac_override", "dac_read_search")]


@test(alone=True)
def without_memory_it_goes_on_by_probes_and_says_so():
    privilege.for_probes()
    with live.Oracle() as oracle:
        with live.Goroutop("-F", "json", "-d", "0.2", "-p", oracle.pid, before=without_memory(oracle.pid)) as g:
            stream = live.Pictures(g)
            hold_moved(*moved(oracle, stream))
            schema.check(stream.seen)
            assert stream.seen[-1]["source"]["mode"] == "probe", stream.seen[-1]["source"]
            assert "memory" in g.err.text() and "permission" in g.err.text(), g.err.text()
        live.one_line(live.goroutop("-F", "json", "-n", "1", "--source", "memory", "-p", oracle.pid,
                                    before=without_memory(oracle.pid)), 3, "memory")


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
        with live.Goroutop("-F", "json", "-d", "0.1", "--max-overhead", "0", "-p", actor.pid, probes=True) as g:
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
