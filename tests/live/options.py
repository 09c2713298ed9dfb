# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: what is a mistake, and what it says."""

from suite import test
import live

MISTAKES = {
    "an unknown option": ["--nonsense"],
    "a delay that is none": ["-d", "soon", "-p", "1"],
    "a delay of nothing": ["-d", "0", "-p", "1"],
    "a negative delay": ["-d", "-1", "-p", "1"],
    "iterations that are none": ["-n", "x", "-p", "1"],
    "a format that is none": ["-F", "yaml", "-p", "1"],
    "a source that is none": ["--source", "magic", "-p", "1"],
    "a colour that is none": ["--color", "pink", "-p", "1"],
    "a pid that is none": ["-p", "12x"],
    "a pid of nothing": ["-p", "0"],
    "a negative pid": ["-p", "-1"],
    "an endless pid": ["-p", "4294967297"],
    "two targets": ["1", "2"],
    "a target twice": ["-p", "1", "2"],
    "no target and no terminal": [],
    "no command": ["--"],
    "a target and a command": ["-p", "1", "--", "true"],
    "an overhead that is none": ["--max-overhead", "much", "-p", "1"],
}


@test(each=lambda: list(MISTAKES))
def a_mistake_is_told_and_nothing_is_done(mistake):
    result = live.goroutop(*MISTAKES[mistake])
    assert result.status == 2 and result.out == "", result
    assert result.err.strip(), "it says nothing"
    assert result.err.startswith("goroutop: ") or "usage" in result.err.lower(), result


@test
def help_names_every_option():
    result = live.goroutop("-h")
    assert result.status == 0 and result.err == "", result
    for option in ("--pid", "--list", "--delay", "--sort", "--filter", "--columns", "--all", "--batch",
                   "--iterations", "--format", "--output", "--source", "--color", "--ascii", "--help",
                   "--version"):
        assert option in result.out, f"{option} is not in\n{result.out}"
    assert all(len(line) <= 80 for line in result.out.splitlines()), "wider than 80 columns"
    assert live.goroutop("--help").out == result.out


@test
def version_tells_the_version():
    result = live.goroutop("-V")
    assert result.status == 0 and result.err == "" and result.out.startswith("goroutop "), result
    assert live.goroutop("--version").out == result.out


@test
def a_hundred_kilobytes_of_filter_is_a_mistake_only():
    result = live.goroutop("-f", "goid=1|" * 15000 + "goid=1", "-n", "1", "-b", "-p", "999999999")
    assert result.status in (2, 4), result.status


@test
def an_output_that_cannot_be_written_is_a_failure():
    with live.Actor("forever") as actor:
        result = live.goroutop("-F", "json", "-n", "1", "--source", "memory", "-o", "/nonexistent/file",
                               "-p", actor.pid)
        live.one_line(result, 1, "/nonexistent/file")
        full = live.goroutop("-F", "json", "-n", "1", "--source", "memory", "-o", "/dev/full", "-p", actor.pid)
        live.one_line(full, 1, "output", "space")
