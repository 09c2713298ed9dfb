# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys of the table: order, search, following, columns, moving, the interval."""

import re

from suite import test
import live
from terminal import FOLLOWED, Screen


def goids_of(oracle, *starts):
    """Those of the goroutines that started there, in order."""
    return sorted(g["goid"] for g in oracle.truth()["goroutines"] if g["start"] in starts)


@test(alone=True)
def the_table_is_sorted_by_age_thread_and_time_running():
    with live.Oracle() as oracle, Screen(oracle.pid, "-s", "goid", "-d", "0.3", width=160, height=50) as s:
        s.up()
        # While it is watched, so that the ages are exact.
        oracle.populate(chanrecv=2)
        s.wait(lambda t: len(s.rows(t)) == 3, "the older ones")
        oracle.populate(select=2, lockedsyscall=2, spin=1)
        older, younger = goids_of(oracle, "main.waitChanReceive"), goids_of(oracle, "main.waitSelect")
        spins, = goids_of(oracle, "main.spin")
        told = oracle.truth()["goroutines"]
        threads = {g["thread"]: g["goid"] for g in told if g["start"] == "main.waitLockedSyscall"}
        locked = [threads[n] for n in sorted(threads)]
        s.wait(lambda t: len(s.rows(t)) == 8, "all of them")

        def only(text, wanted):
            return [g for g in s.goids(text) if g in wanted]

        s.keys("A")
        s.wait(lambda t: "AGE▾" in t and {*only(t, older + younger)[:2]} == {*older}, "the oldest first")
        s.keys("I")
        s.wait(lambda t: "AGE▴" in t and {*only(t, older + younger)[:2]} == {*younger}, "the youngest first")
        for key, mark, wanted in (("T", "THREAD▴", locked), ("I", "THREAD▾", locked[::-1])):
            s.keys(key)
            s.wait(lambda t, mark=mark, wanted=wanted: mark in t and only(t, locked) == wanted and
                   {*s.goids(t)[-4:]} == {*older, *younger}, f"{mark}, who has no thread stands last")
        s.keys("P")
        s.wait(lambda t: "RUN%▾" in t and s.goids(t)[0] == spins, "who runs stands first")


@test(alone=True)
def the_menu_chooses_the_column_to_sort_by():
    with live.Oracle() as oracle, Screen(oracle.pid, probes=False) as s:
        oracle.populate(chanrecv=5)
        s.wait(lambda t: len(s.rows(t)) == 6, "all rows")
        for key, to, mark in (("F6", ["Home"], "GOID▴"), ("<", ["Home", "Down"], "STATE▴"), (">", ["Up"], "GOID▴")):
            s.keys(key)
            s.wait_for("Sort by")
            s.keys(*to, "Enter")
            s.wait(lambda t, mark=mark: "Sort by" not in t and mark in t, f"{mark} after {key}")
        s.wait(lambda t: s.goids(t) == sorted(s.goids(t)), "the rows follow")
        s.keys("F6")
        s.wait_for("Sort by")
        s.keys("I")
        s.wait_for(r"▾ GOID")
        s.keys("Escape")
        s.wait(lambda t: s.rows(t) and s.goids(t) == sorted(s.goids(t), reverse=True), "the order is inverted")


@test(alone=True)
def a_search_goes_from_hit_to_hit():
    with live.Oracle() as oracle, Screen(oracle.pid, "-s", "goid", probes=False) as s:
        oracle.populate(chanrecv=3, mutex=2, select=3)
        hits = goids_of(oracle, "main.waitMutex")
        s.wait(lambda t: len(s.rows(t)) == 9 and s.bar() == 1, "all rows")
        s.keys("F3")
        s.wait_for("F3 next")
        s.type("waitmutex")
        s.wait(lambda t: "1 of 2" in t and s.bar() == hits[0], "the first")
        s.keys("F3")
        s.wait(lambda t: "2 of 2" in t and s.bar() == hits[1], "the second")
        s.keys("F3")
        s.wait(lambda t: "1 of 2" in t and s.bar() == hits[0], "the first again")
        s.type("es")
        s.wait_for("not found")
        s.keys("Escape")
        s.wait(lambda _: s.bar() == 1, "back where it began")
        s.keys("F3")
        s.type("waitmutex")
        s.wait(lambda _: s.bar() == hits[0], "the first")
        s.keys("Enter", "Enter")
        s.wait_for(rf"goroutine {hits[0]} .*waiting")


@test(alone=True)
def who_is_followed_stays_selected_and_its_end_is_told():
    with live.Oracle() as oracle, Screen(oracle.pid, "-s", "goid", "-d", "0.3") as s:
        oracle.populate(chanrecv=3, select=3)
        one = goids_of(oracle, "main.waitSelect")[0]
        s.wait(lambda t: len(s.rows(t)) == 7, "all rows")
        turned = sorted(s.goids(), reverse=True)
        place = turned.index(one)
        s.keys("Home", *["Down"] * s.goids().index(one))
        s.wait(lambda _: s.bar() == one, "selected")
        s.keys("F")
        s.wait(lambda t: f"following {one}" in t and s.bar(FOLLOWED) == one, "followed")
        s.keys("I")
        s.wait(lambda t: "GOID▾" in t and s.goids(t).index(one) == place and s.bar(FOLLOWED) == one, "at its new place")
        s.keys("F")
        s.wait(lambda t: "following" not in t and s.bar() == one, "no more followed, still selected")
        s.keys("F", "Up")
        s.wait(lambda t: "following" not in t and s.bar() == turned[place - 1], "the hand wins")
        s.keys("Down", "F")
        s.wait(lambda _: s.bar(FOLLOWED) == one, "followed again")
        oracle.ask("release select")
        s.wait_for(f"goroutine {one} has ended")
        s.wait(lambda t: "following" not in t, "nobody is followed")


@test(alone=True)
def columns_are_hidden_shown_and_moved():
    with live.Oracle() as oracle, Screen(oracle.pid, probes=False) as s:
        s.up()
        before = s.titles()
        assert before[:2] == ["GOID", "STATE"] and "PARENT" not in before, before
        s.keys("c")
        s.wait_for(r"\[x\] STATE")
        s.keys("Home", "Down", "Space")
        s.wait_for(r"\[ \] STATE")
        s.keys("Enter")
        s.wait(lambda t: s.titles(t)[:2] == ["GOID", before[2]], "it is hidden")
        s.keys("c")
        s.wait_for("Columns")
        s.keys("Home", "Right")
        s.wait(lambda t: re.search(r"\[x\] AGE.*\n.*\[x\] GOID", t), "moved in the menu")
        s.keys("Enter")
        s.wait(lambda t: s.titles(t)[:2] == [before[2], "GOID"], "moved in the table")
        s.keys("c")
        s.wait_for("Columns")
        s.keys("Home", "Right")
        s.wait(lambda t: re.search(r"\[x\] GOID.*\n.*\[x\] AGE", t), "later")
        s.keys("Left")
        s.wait(lambda t: re.search(r"\[x\] AGE.*\n.*\[x\] GOID", t), "and earlier again")
        s.keys("End", "Space", "Enter")
        s.wait(lambda t: "Columns" not in t and s.titles(t)[:2] == [before[2], "GOID"], "done")


@test(alone=True)
def columns_without_room_are_scrolled_into_sight():
    with live.Oracle() as oracle, Screen(oracle.pid, probes=False) as s:
        s.up()
        before = s.titles()
        assert "SWITCHES" not in before and "›" in s.screen(), before
        for _ in range(20):
            if "SWITCHES" in s.titles():
                break
            seen = s.titles()
            s.keys("Right")
            s.wait(lambda t, seen=seen: s.titles(t) not in ([], seen), "other columns")
        assert {"GOID", "STATE", "AGE", "SWITCHES"} <= set(s.titles()), s.screen()
        while s.titles() != before:
            seen = s.titles()
            s.keys("Left")
            s.wait(lambda t, seen=seen: s.titles(t) not in ([], seen), "columns back")


@test(alone=True)
def pages_and_ends():
    with live.Oracle() as oracle, Screen(oracle.pid, "-s", "goid", probes=False) as s:
        oracle.populate(chanrecv=80)
        all_ = sorted(g["goid"] for g in oracle.truth()["goroutines"])
        s.wait(lambda t: s.goids(t) == all_[:len(s.goids(t))] and len(s.goids(t)) > 10 and s.bar() == 1, "the first")
        page = len(s.goids())

        def shows(first, selected):
            return lambda t: s.goids(t) == all_[first:first + page] and s.bar() == all_[selected]

        s.keys("PageDown")
        s.wait(shows(page - 1, page - 1), "a page on, one line kept")
        s.keys("Down")
        s.wait(shows(page - 1, page), "one row on")
        s.keys("PageUp")
        s.wait(shows(0, 1), "a page back")
        s.keys("End")
        s.wait(shows(len(all_) - page, len(all_) - 1), "the last")
        s.keys("Home")
        s.wait(shows(0, 0), "the first again")


@test(alone=True)
def the_interval_is_changed_and_holds():
    with live.Oracle() as oracle, Screen(oracle.pid, "-d", "60", probes=False) as s:
        s.wait(lambda t: len(s.rows(t)) == 1 and "every 60s" in t, "the first")
        for key, head, told in ((",", "30s", "30.0s"), (",", "10s", "10.0s"), (".", "30s", "30.0s")):
            s.keys(key)
            s.wait(lambda t, h=head, w=told: f"every {h}\n" in t and f"refreshes every {w}" in t, f"every {head}")
        oracle.populate(select=3)
        s.keys(*[","] * 7)
        s.wait_for("refreshes every 100ms")
        s.wait(lambda t: len(s.rows(t)) == 4, "what came is there long before 30 s")
