# SPDX-License-Identifier: GPL-2.0-or-later
"""How it ends: the target, ourselves, who reads our output. Nothing is left attached."""

import csv
import io
import os
import re
import signal
import subprocess

from suite import test
import elf
import events
import golang
import live
import schema


@test(alone=True, each=lambda: ["auto", "memory"])
def the_target_ends_and_so_do_we(source):
    with live.Actor("goroutines:3", "copy") as actor:
        with live.Goroutop("-F", "json", "-d", "0.1", "--source", source, "-p", actor.pid,
                           probes=source != "memory") as g:
            stream = live.Pictures(g)
            for _ in range(3):
                stream.next()
            actor.process.stdin.close()
            assert actor.end() == 0
            assert g.end() == 0, g.err.text()
            rest = [live.parse(line) for line in g.out.text().splitlines()]
            schema.check(rest)
            last = rest[-1]
            assert last["target"]["exited"] is True, last["target"]
            assert len(last["goroutines"]) == 4, "the last picture is not kept"
            assert all(not p["target"]["exited"] for p in rest[:-1])


@test(alone=True, each=lambda: [(what, source) for what in ("another Go program", "a program that is not Go")
                               for source in ("auto", "memory", "probe")], call=", ".join)
def the_target_becomes_another_program(case):
    """exec: never old offsets on a new program. It ends, and says why. What the target becomes goes on
    without its standard input, whose end is the sign for the exec."""
    what, source = case
    new = [golang.program("stall", "stripped"), "sleep"] if what == "another Go program" else \
        [live.need("sleep"), "1000"]
    with live.Actor("goroutines:3", "wait", "exec:" + new[0], *new[1:]) as actor:
        old = os.readlink(f"/proc/{actor.pid}/exe")
        with live.Goroutop("-F", "json", "-d", "0.1", "--source", source, "-p", actor.pid,
                           probes=source != "memory") as g:
            first = live.Pictures(g).next()
            assert first["target"]["exe"] == old, first["target"]
            actor.process.stdin.close()
            assert g.end() == 0, g.err.text()
            said = f"process {actor.pid} runs another program since its exec"
            assert said in g.err.text(), g.err.text()
            seen = [live.parse(line) for line in g.out.text().splitlines()]
            schema.check(seen)
            assert {p["target"]["exe"] for p in seen} == {old}, "the new program is taken for the old one"
            wrong = [p for p in seen if source != "probe" and p["summary"]["goroutines"] != 4]
            assert not wrong, wrong
        assert actor.alive(), "the target did not outlive that"


def check_whole(form, text):
    """Holds that the output is of whole lines, the last one included."""
    assert text.endswith("\n"), f"{form} ends in {text[-80:]!r}"
    if form == "json":
        schema.check([live.parse(line) for line in text.splitlines()])
    elif form == "csv":
        rows = list(csv.reader(io.StringIO(text)))
        assert {len(row) for row in rows} == {len(rows[0])}, rows
    else:
        events.parse(text)


@test(alone=True, each=lambda: ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
def a_signal_ends_us_with_whole_lines(name):
    number = getattr(signal, name)
    for form, probing in (("json", False), ("csv", False), ("events", True)):
        arguments = [] if probing else ["--source", "memory"]
        with live.Actor("churn:1h") as actor:
            with live.Goroutop("-F", form, "-d", "0.05", *arguments, "-p", actor.pid, probes=probing) as g:
                for _ in range(5):
                    assert g.out.next() is not None, g.err.text()
                g.signal(number)
                assert g.end() == 128 + number, f"{form}: {g.err.text()}"
                check_whole(form, g.out.text())
                assert g.err.text() == "", g.err.text()


@test(each=lambda: ["json", "csv", "table"])
def a_closed_pipe_ends_us_in_silence(form):
    with live.Actor("goroutines:50", "forever") as actor:
        g = subprocess.Popen([live.program(), "-F", form, "-d", "0.05", "--source", "memory", "-p",
                              str(actor.pid)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert g.stdout.readline()
        g.stdout.close()
        status = g.wait(timeout=20)
        assert (status if status >= 0 else 128 - status) == 141, status
        assert g.stderr.read() == b""


@test(alone=True, each=lambda: ["SIGKILL", "SIGTERM", "SIGSEGV"])
def however_we_die_the_target_is_as_before(name):
    path = golang.program("oracle", "stripped")
    with live.Oracle(path=path) as oracle:
        oracle.populate(chanrecv=5)
        before = live.bpf_programs()
        with live.Goroutop("-F", "json", "-d", "0.1", "-p", oracle.pid, probes=True) as g:
            picture = live.Pictures(g).next()
            assert picture["source"]["mode"] == "probe+memory", picture["source"]
            changed = elf.text_changes(oracle.pid, path)
            assert changed, "no probe is in its text: this test shows nothing"
            g.signal(getattr(signal, name))
            g.end()
        live.wait_until(lambda: not elf.text_changes(oracle.pid, path), "its text is as in the file", 60)
        oracle.populate(mutex=5, select=5)
        assert oracle.ask("storm 1")["created"] > 100
        live.no_more_bpf_programs_than(before)


@test(alone=True)
def nothing_stays_attached_after_a_normal_end():
    path = golang.program("actor")
    with live.Actor("churn:1h", path=path) as actor:
        before = live.bpf_programs()
        live.pictures(actor.pid, n=3, delay=0.1, probes=True)
        live.wait_until(lambda: not elf.text_changes(actor.pid, path), "its text is as in the file", 60)
        live.no_more_bpf_programs_than(before)
        assert actor.alive()


@test(alone=True)
def two_can_watch_one_target():
    with live.Oracle() as oracle:
        oracle.populate(chanrecv=3, mutex=3)
        with live.Goroutop("-F", "json", "-d", "0.1", "-p", oracle.pid, probes=True) as g:
            stream = live.Pictures(g)
            stream.next()
            other = live.pictures(oracle.pid, n=2, delay=0.1, probes=True)
            first = stream.next()
            assert {r["goid"] for r in other[-1]["goroutines"]} == {r["goid"] for r in first["goroutines"]}
            assert other[-1]["source"]["mode"] == first["source"]["mode"] == "probe+memory"
            oracle.populate(select=3)
            # The second one's end took nothing from the first.
            picture = stream.fresh()
            new = [r for r in picture["goroutines"] if r["start"] == "main.waitSelect"]
            assert len(new) == 3 and all(r["age_bound"] == "exact" for r in new), new


@test(alone=True)
def children_of_the_target_are_not_counted():
    """Each of them begins as a copy of the target, becomes the same program, and makes a goroutine 1."""
    with live.Actor("wait", "fork:20", "out:forked", "forever") as actor:
        with live.Goroutop("-F", "events", "-d", "0.1", "--max-overhead", "0", "-p", actor.pid, probes=True) as g:
            live.wait_until(lambda: g.out.lines, "it is attached", 30)
            actor.process.stdin.close()
            assert actor.out.next() == "forked", actor.err.text()
            live.wait_until(lambda: re.search(r"WAITING\(4\) 1 .* sleep$", g.out.text(), re.MULTILINE), "it sleeps")
            threads = set(os.listdir(f"/proc/{actor.pid}/task"))
            g.signal(signal.SIGINT)
            g.end()
            seen, _ = events.parse(g.out.text())
        assert seen, "nothing is told of the target itself"
        strange = [e.line for e in seen if e.tid != "-" and e.tid not in threads]
        assert not strange, strange[:10]
        born = [e.line for e in seen if e.new == 1 and e.old in (0, 6) and e.goid == "1"]
        assert not born, born[:10]
