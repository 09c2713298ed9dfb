# SPDX-License-Identifier: GPL-2.0-or-later
"""The screen, as a person at a terminal sees it: 80×24 and 160×50."""

import os
import re
import signal
import time

from suite import test
import golang
import live
from terminal import Screen, Terminal, fits, sizes

STATES = ("running", "runnable", "waiting", "syscall")


def watched(oracle):
    """Some goroutines that stand still, and differ."""
    oracle.populate(chanrecv=3, mutex=2, select=2, sleep=2, syscall=2)
    return oracle


@sizes()
def the_header_tells_who_and_how_many(size):
    with watched(live.Oracle()) as oracle, Screen(oracle.pid, width=size[0], height=size[1]) as s:
        text = s.up()
        header = text[:text.index("GOID")]
        known = oracle.truth()
        for word in ("oracle", str(oracle.pid), known["go"], "probe", "oroutines", str(known["count"])):
            assert word in header, f"{word!r} is not in the header:\n{text}"
        for state in STATES:
            assert state in header, f"{state} is not counted:\n{text}"
        assert re.search(r"lost\s+0", header), f"no losses told:\n{text}"
        assert fits(text, size[1]), text
        s.keys("q")
        assert s.over() == 0


@sizes()
def the_rows_are_true(size):
    with watched(live.Oracle()) as oracle, Screen(oracle.pid, "-s", "goid", width=size[0], height=size[1]) as s:
        known = {str(g["goid"]): g for g in oracle.truth()["goroutines"]}
        s.wait(lambda _: {row[0] for row in s.rows()} == set(known), "all goroutines are on the screen")
        for row in s.rows():
            says = known[row[0]]["says"]
            wanted = "syscall" if says in ("running", "syscall") else "waiting"
            assert row[1] == wanted, (row, says)
            if wanted == "waiting":
                assert says in " ".join(row), (row, says)
        assert [int(row[0]) for row in s.rows()] == sorted(int(goid) for goid in known)


@test(alone=True)
def the_wide_screen_shows_more_columns():
    with watched(live.Oracle()) as oracle:
        with Screen(oracle.pid, width=80, height=24) as s:
            narrow = s.up().split("\n")
        with Screen(oracle.pid, width=160, height=50) as s:
            wide = s.up().split("\n")

    def titles(lines):
        return next(line for line in lines if line.lstrip().startswith("GOID"))

    for word in ("GOID", "STATE", "AGE", "REASON"):
        assert word in titles(narrow), titles(narrow)
    for word in ("THREAD", "START", "CREATED BY", "SWITCHES"):
        assert word in titles(wide), titles(wide)
    assert len(titles(wide).split()) > len(titles(narrow).split())


@test(alone=True)
def keys_sort():
    with watched(live.Oracle()) as oracle, Screen(oracle.pid, width=160, height=50) as s:
        s.wait(lambda _: len(s.rows()) == 12, "all rows")
        s.keys("S")
        order = {"running": 0, "runnable": 1, "syscall": 2, "waiting": 3}
        s.wait(lambda _: [order[r[1]] for r in s.rows()] == sorted(order[r[1]] for r in s.rows())
               and s.rows()[0][1] == "syscall", "sorted by state")
        s.keys("I")
        s.wait(lambda _: s.rows() and s.rows()[0][1] == "waiting" and s.rows()[-1][1] == "syscall", "inverted")


@test(alone=True)
def a_filter_is_typed_and_taken_back():
    with watched(live.Oracle()) as oracle, Screen(oracle.pid, width=80, height=24) as s:
        s.wait(lambda _: len(s.rows()) == 12, "all rows")
        s.keys("/")
        s.type("mutex")
        s.keys("Enter")
        s.wait(lambda _: len(s.rows()) == 2 and all("Mutex" in " ".join(r) for r in s.rows()), "two rows")
        s.keys("/")
        s.keys("C-u")
        s.keys("Enter")
        s.wait(lambda _: len(s.rows()) == 12, "all rows again")


@test(alone=True)
def a_bad_filter_is_marked_and_the_last_good_one_stays():
    with watched(live.Oracle()) as oracle, Screen(oracle.pid, "-f", "mutex", width=80, height=24) as s:
        s.wait(lambda _: len(s.rows()) == 2, "two rows")
        s.keys("/")
        s.type(" (state=")
        s.keys("Enter")
        s.wait(lambda t: re.search(r"column \d+", t) and len(s.rows()) == 2, "it says where, still two rows")
        s.keys("Escape")
        s.wait(lambda _: len(s.rows()) == 2, "two rows")
        s.keys("q")
        assert s.over() == 0


@test(alone=True)
def the_help_names_every_key():
    with live.Actor("forever") as actor, Screen(actor.pid, width=160, height=50) as s:
        s.up()
        s.keys("?")
        text = s.wait_for("this help")
        for word in ("Enter", "filter", "sort", "pause", "follow", "refresh", "quit", "process"):
            assert word.lower() in text.lower(), f"{word} is not in\n{text}"
        s.keys("Escape")
        s.up()


@test(alone=True)
def the_details_of_a_goroutine():
    with live.Oracle() as oracle:
        oracle.populate(mutex=1)
        goid = next(g["goid"] for g in oracle.truth()["goroutines"] if g["start"] == "main.waitMutex")
        with Screen(oracle.pid, "-f", f"goid={goid}", width=80, height=24) as s:
            s.wait(lambda _: len(s.rows()) == 1, "one row")
            s.keys("Enter")
            text = s.wait_for(rf"goroutine {goid}\b")
            for word in ("waiting", "main.waitMutex", "main.startMutex", "kinds.go", "sync.Mutex.Lock"):
                assert word in text, f"{word} is not in\n{text}"
            s.keys("Escape")
            s.wait(lambda _: len(s.rows()) == 1, "the table again")


@test(alone=True)
def pause_holds_the_picture():
    with live.Oracle() as oracle, Screen(oracle.pid, "-d", "0.2", width=80, height=24) as s:
        s.wait(lambda _: len(s.rows()) == 1, "one row")
        s.keys("Z")
        s.wait_for("(?i)pause")
        oracle.populate(select=3)
        held = s.rows()
        assert len(held) == 1, held
        for _ in range(10):  # five refreshes
            assert s.rows() == held, (held, s.screen())
            time.sleep(0.1)
        s.keys("Z")
        s.wait(lambda _: len(s.rows()) == 4, "what came meanwhile is there")


@test(alone=True, timeout=300)
def so_many_that_memory_is_read_in_turns():
    """A look at all of them would cost more than its share, so refreshes look at the rows in sight."""
    number = 300000
    with live.Oracle() as oracle:
        oracle.ask(f"spawn {number}", timeout=120)
        with Screen(oracle.pid, "-d", "0.1") as s:
            s.wait_for(rf"oroutines\s+{number + 1:,}", 60)
            for _ in range(20):
                text = s.screen()
                assert f"{number + 1:,}" in text, text
                time.sleep(0.1)
            s.keys("3")
            s.wait_for(r"GOMAXPROCS \d")
            s.keys("1")
            oracle.ask("spawn 500")
            s.wait_for(rf"oroutines\s+{number + 501:,}", 60)
            s.keys("/")
            s.type("goid=1")
            s.keys("Enter")
            s.wait(lambda _: len(s.rows()) == 1, "a filter among them")
            s.keys("q")
            assert s.over() == 0


@test(alone=True)
def the_runtimes_own_by_a_key():
    with live.Oracle() as oracle, Screen(oracle.pid, width=160, height=50) as s:
        s.wait(lambda _: len(s.rows()) == 1, "one row")
        s.keys("R")
        s.wait(lambda t: "runtime.forcegchelper" in t and len(s.rows()) > 3, "the runtime's own")
        s.keys("R")
        s.wait(lambda _: len(s.rows()) == 1, "hidden again")


@test(alone=True)
def another_process_by_the_picker():
    with live.Actor("goroutines:3", "forever", name="picker-one") as first, \
            live.Actor("goroutines:5", "forever", name="picker-two") as second:
        with Screen(first.pid, width=100, height=30) as s:
            s.wait(lambda _: len(s.rows()) == 4, "the first one's rows")
            s.keys("a")
            s.wait(lambda t: "picker-one" in t and "picker-two" in t, "the picker")
            s.keys("/")
            s.type("picker-two")
            s.keys("Enter")
            s.wait(lambda t: "picker-two" in t and "picker-one" not in t, "filtered")
            s.keys("Enter")
            s.wait(lambda t: str(second.pid) in t and len(s.rows()) == 6, "the second one's rows")
            s.keys("q")
            assert s.over() == 0


@test(alone=True)
def without_a_target_the_picker_comes():
    with live.Actor("goroutines:2", "forever", mode="stripped", name="picked-actor") as actor:
        with Screen(None, width=100, height=30) as s:
            text = s.wait_for("picked-actor")
            line = next(line for line in text.split("\n") if "picked-actor" in line)
            for word in (str(actor.pid), golang.version(), "yes"):
                assert word in line, line
            for word in ("PID", "USER", "GO", "THREADS", "CPU", "COMMAND"):
                assert word in text, text
            s.keys("q")
            assert s.over() == 0


@test(alone=True)
def the_end_of_the_target_is_told():
    with live.Actor("goroutines:3", "copy") as actor, Screen(actor.pid, width=80, height=24) as s:
        s.wait(lambda _: len(s.rows()) == 4, "its rows")
        actor.process.stdin.close()
        actor.end()
        s.wait(lambda t: re.search("(?i)exited|ended", t) and len(s.rows()) == 4, "the last picture, marked")
        s.keys("q")
        assert s.over() == 0


@test(alone=True)
def a_command_under_the_screen():
    command = live.copy_as(golang.program("actor"), "commanded")
    with Screen(None, "--", command, "out:not-on-the-screen", "goroutines:4", "forever", width=100,
                height=30) as s:
        s.wait(lambda _: len(s.rows()) == 5, "its rows")
        assert "not-on-the-screen" not in s.screen()
        child = live.descendant(s.pid(), "commanded")
        assert os.readlink(f"/proc/{child}/fd/0") == "/dev/null"
        assert os.getsid(child) == child
        s.keys("l")
        s.wait_for(r"/\S+")
        s.keys("Escape")
        s.keys("q")
        assert s.over() == 0
        assert os.path.exists(f"/proc/{child}"), "our end has ended the command"
        live.kill(child, signal.SIGKILL)


# ---- the terminal ------------------------------------------------------------------------------


@test(alone=True, each=lambda: ["SIGINT", "SIGTERM", "SIGHUP", "SIGSEGV", "SIGABRT"])
def the_terminal_is_restored_after(name):
    number = getattr(signal, name)
    with live.Actor("churn:1h") as actor, Screen(actor.pid, width=80, height=24) as s:
        s.up()
        live.kill(s.pid(), number)
        assert s.over() == 128 + number


@test(alone=True, each=lambda: ["q", "F10", "C-c"])
def the_terminal_is_restored_after_the_key(key):
    with live.Actor("forever") as actor, Screen(actor.pid, width=80, height=24) as s:
        s.up()
        s.keys(key)
        assert s.over() == (130 if key == "C-c" else 0)


@test(alone=True)
def it_stops_and_comes_back():
    with live.Actor("forever") as actor, Screen(actor.pid, width=80, height=24) as s:
        s.up()
        live.kill(s.pid(), signal.SIGTSTP)
        s.wait(lambda t: "GOID" not in t or s.format("alternate_on") == "0", "the shell is back")
        s.type("fg")
        s.keys("Enter")
        s.wait(lambda t: s.format("alternate_on") == "1" and "GOID" in t, "the table is back")
        s.keys("q")
        assert s.over() == 0


@test(alone=True)
def the_size_may_change_at_any_time():
    with watched(live.Oracle()) as oracle, Screen(oracle.pid, width=80, height=24) as s:
        s.wait(lambda _: len(s.rows()) == 12, "all rows")
        for width, height in ((160, 50), (40, 10), (100, 30), (41, 11), (80, 24)):
            s.resize(width, height)
            s.wait(lambda t, w=width, h=height: fits(t, h) and s.rows(t) and ("SWITCHES" in t) == (w >= 160),
                   f"the table in {width}×{height}")
        s.wait(lambda _: len(s.rows()) == 12, "all rows again")
        for i in range(40):
            s.resize(30 + i * 3, 8 + i)
        s.resize(80, 24)
        s.wait(lambda _: len(s.rows()) == 12, "all rows after the storm of sizes")
        s.keys("q")
        assert s.over() == 0


@test(alone=True, each=lambda: [(39, 10), (40, 9), (10, 3), (2, 1)], call=lambda s: f"{s[0]}×{s[1]}")
def too_small_is_said(size):
    with live.Actor("forever") as actor, Screen(actor.pid, width=80, height=24) as s:
        s.up()
        s.resize(*size)
        if size[0] >= 10:
            s.wait(lambda t: "small" in t.replace("\n", " "), "it says so")
        s.resize(80, 24)
        s.up()
        s.keys("q")
        assert s.over() == 0


COLOUR = re.compile(r"\x1b\[[0-9;:]*m")


def sgr(screen):
    """The numbers of all SGR sequences."""
    return {n for code in COLOUR.findall(screen) for n in re.findall(r"\d+", code)}


@test(alone=True)
def colours_are_used_and_can_be_had_without():
    with watched(live.Oracle()) as oracle:
        colours = {str(n) for n in [*range(31, 38), *range(41, 48), *range(90, 98), 38, 48]}
        with Screen(oracle.pid, width=80, height=24) as s:
            s.wait(lambda _: len(s.rows()) == 12, "all rows")
            assert sgr(s.screen(escapes=True)) & colours, "no colour"
        for arguments, env in (((), {"NO_COLOR": "1"}), (("--color", "never"), {})):
            with Screen(oracle.pid, *arguments, env=env, width=80, height=24) as s:
                s.wait(lambda _, s=s: len(s.rows()) == 12, "all rows")
                used = sgr(s.screen(escapes=True)) & colours
                assert not used, f"colours {used} although {arguments or env}"


@test(alone=True, each=lambda: ["screen", "linux", "vt100", "xterm", "tmux"])
def it_works_on_terminals_of_the_kind(term):
    with watched(live.Oracle()) as oracle, Screen(oracle.pid, env={"TERM": term}, width=80, height=24) as s:
        s.wait(lambda _: len(s.rows()) == 12, "all rows")
        s.keys("q")
        assert s.over() == 0


@test(alone=True)
def a_terminal_without_a_cursor_is_refused_with_the_way_out():
    with live.Actor("forever") as actor, Screen(actor.pid, env={"TERM": "dumb"}, width=80, height=24) as s:
        assert s.over() in (1, 2)
        assert "--batch" in s.screen() or " -b" in s.screen(), s.screen()


@test(alone=True)
def ascii_is_ascii():
    with watched(live.Oracle()) as oracle, Screen(oracle.pid, "--ascii", width=160, height=50) as s:
        s.wait(lambda _: len(s.rows()) == 12, "all rows")
        for key, word in (("?", "this help"), ("Escape", "GOID"), ("Enter", "last 60s"), ("Escape", "GOID")):
            s.keys(key)
            strange = {c for c in s.wait_for(word) if ord(c) > 126}
            assert not strange, strange


@test(alone=True)
def without_a_terminal_for_output_it_is_batch():
    with live.Actor("forever") as actor, Terminal(width=80, height=24) as t:
        out = t.shell(f"{live.program()} --source memory -n 1 -p {actor.pid} | cat")
        assert "GOID" in out and "\x1b" not in out, out
