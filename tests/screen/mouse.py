# SPDX-License-Identifier: GPL-2.0-or-later
"""The mouse, in the two forms in which terminals tell of it: as tmux does, and as xterm (SGR)."""

from suite import test
import live
from terminal import LEFT, MIDDLE, RIGHT, WHEEL_DOWN, WHEEL_UP, Screen

TERMS = {"tmux-256color": "0", "xterm-256color": "1"}


def terms(f):
    return test(alone=True, each=lambda: list(TERMS))(f)


def screen(pid, term, *arguments, **more):
    """In order of the goids, which then must not change by themselves."""
    return Screen(pid, "-s", "goid", *arguments, env={"TERM": term}, probes=False, **more)


@terms
def a_title_is_pressed_to_sort(term):
    with live.Oracle() as oracle, screen(oracle.pid, term) as s:
        oracle.populate(chanrecv=2, syscall=2)
        s.wait(lambda t: len(s.rows(t)) == 5, "all rows")
        assert s.format("mouse_sgr_flag") == TERMS[term]
        first = s.goids()
        s.press_on("GOID")
        s.wait(lambda t: "GOID▾" in t and s.goids(t) == first[::-1], "inverted")
        s.press_on("STATE")
        s.wait(lambda t: "STATE▴" in t and [r[1] for r in s.rows(t)] == ["syscall"] * 3 + ["waiting"] * 2, "by state")
        s.press_on("GOID")
        s.wait(lambda t: "GOID▴" in t and s.goids(t) == first, "as it was")
        s.keys("q")
        assert s.over() == 0


@terms
def a_row_is_pressed_to_select_and_again_to_look_at(term):
    with live.Oracle() as oracle, screen(oracle.pid, term) as s:
        oracle.populate(chanrecv=5)
        s.wait(lambda t: len(s.rows(t)) == 6 and s.bar() == 1, "all rows")
        one = s.goids()[3]
        s.press_on(rf"\b{one} waiting")
        s.wait(lambda _: s.bar() == one, "selected")
        s.press(70, 20)  # below the last row: nothing
        s.press_on(rf"\b{one} waiting")
        s.wait_for(rf"goroutine {one} .*waiting")


@terms
def the_wheel_moves_by_three(term):
    with live.Oracle() as oracle, screen(oracle.pid, term) as s:
        oracle.populate(chanrecv=60)
        goids = sorted(g["goid"] for g in oracle.truth()["goroutines"])
        s.wait(lambda t: len(s.rows(t)) > 10 and s.bar() == 1, "a page of rows")
        for button, first in ((WHEEL_DOWN, 3), (WHEEL_DOWN, 6), (WHEEL_UP, 3), (WHEEL_UP, 0), (WHEEL_UP, 0)):
            s.press(40, 12, button)
            s.wait(lambda t, n=first: s.goids(t)[0] == goids[n] and s.bar() == goids[n], f"row {first} is the first")


@terms
def the_bottom_bar_and_the_menus_are_pressed(term):
    with live.Oracle() as oracle, screen(oracle.pid, term) as s:
        oracle.populate(chanrecv=2)
        s.wait(lambda t: len(s.rows(t)) == 3, "all rows")
        s.press_on("6Sort ")
        s.wait_for("Sort by")
        s.press_on("STATE  ")
        s.press_on("STATE  ")  # pressed again: chosen
        s.wait(lambda t: "Sort by" not in t and "STATE▴" in t, "sorted by state")
        s.press_on("2Groups")
        s.wait_for("by creation site")
        s.press_on("1Table")
        s.wait(lambda t: "by creation site" not in t and s.rows(t), "the table again")


@terms
def after_a_press_of_any_button_the_screen_goes_on(term):
    with live.Oracle() as oracle, screen(oracle.pid, term, "-d", "0.2") as s:
        s.wait(lambda t: len(s.rows(t)) == 1, "one row")
        for n, button in enumerate((LEFT, MIDDLE, RIGHT, WHEEL_UP), 2):
            s.press(70, 20, button)
            oracle.populate(select=1)
            s.wait(lambda t, n=n: len(s.rows(t)) == n, "another row, although no key was pressed")


@terms
def what_comes_at_once_is_taken_in_turn(term):
    with live.Oracle() as oracle, screen(oracle.pid, term) as s:
        oracle.populate(chanrecv=60)
        goids = sorted(g["goid"] for g in oracle.truth()["goroutines"])
        s.wait(lambda t: len(s.rows(t)) > 10 and s.bar() == 1, "a page of rows")
        s.press(40, 12, WHEEL_DOWN, times=3)
        s.wait(lambda t: s.goids(t)[0] == goids[9] and s.bar() == goids[9], "nine rows on")
        s.press_on(rf"\b{goids[12]} waiting", times=2)
        s.wait_for(rf"goroutine {goids[12]} .*waiting")


@test(alone=True)
def beside_what_is_in_force_the_bar_does_what_stands_there():
    """The way out stands in the place of words that would be there, had the keys all the line."""
    with live.Oracle() as oracle, Screen(oracle.pid, probes=False, width=77) as s:
        s.up()
        s.keys("Z")
        s.wait_for("qQuit +PAUSED")
        s.press_on("PAUSED")  # not what would stand there without it
        s.keys("?")
        s.wait_for("Moving")
        s.keys("Escape")
        s.wait(lambda t: s.rows(t) and "AGE▾" in t, "the table as it was")
        s.press_on("qQuit")
        assert s.over() == 0
