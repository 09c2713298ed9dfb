# SPDX-License-Identifier: GPL-2.0-or-later
"""Stacks against the runtime's own tracebacks, and what other tools make of them."""

import collections
import os
import re
import shutil
import subprocess
import tempfile

from suite import Skip, test
import build
import golang
import live
import stacks


@test(timeout=120, each=lambda: ["default", "stripped", "pie", "cgo"])
def every_frame_is_the_runtimes_own(mode):
    """Function by function, line by line, byte by byte; inlined calls, 200 and 700 calls deep, system
    calls, panics, C below and above."""
    assert stacks.every_frame(mode, golang.LOCAL) > 25


@test(timeout=180, each=lambda: ["go1.17.13", "go1.20.14", "go1.22.12", "go1.27.4"])
def every_frame_is_the_runtimes_own_in(release):
    """The releases at which something changed: system calls without frame pointers up to 1.22."""
    assert stacks.every_frame("stripped", release) > 20


def trees(lines):
    """Counter of stacks, outermost first, of folded lines."""
    counted = collections.Counter()
    for line in lines:
        found = re.match(r"^(.*)\s+?(\d+(?:\.\d*)?)$", line)  # as flamegraph.pl takes it
        assert found, line
        counted[tuple(found[1].split(";"))] += int(found[2])
    return counted


def standing(counted):
    """Without the main goroutine, which answers in one of the two."""
    return {s: n for s, n in counted.items() if not any(f.startswith("main.main") for f in s)}


def shallow(counted):
    """Go's own profile keeps 32 frames of a goroutine, from 1.23 on 128."""
    return {s: n for s, n in standing(counted).items() if len(s) < 30}


@test(timeout=120)
def pprof_agrees_with_the_runtimes_own_profile():
    """By stack and by count, inlined calls marked, as go tool pprof reads both."""
    with stacks.Stacks() as target:
        target.ask("many 100 5")
        own, ours = stacks.profiles(target)
        assert shallow(stacks.traces(own)) == shallow(stacks.traces(ours))
        assert len(shallow(stacks.traces(own))) > 20
        a, b = stacks.top(own), stacks.top(ours)
        parked = "runtime.gopark"
        assert a[parked] == b[parked] and b["main.deep"][1] == a["main.deep"][1], (a[parked], b[parked])
        assert b["main.deep"][1] >= 102, b["main.deep"]


@test(timeout=120)
def folded_lines_are_what_the_profile_has():
    with stacks.Stacks() as target:
        result = live.goroutop("-F", "folded", "-p", target.pid)
        assert result.status == 0, result
        folded = trees(result.out.splitlines())
        profile = stacks.traces(stacks.profiles(target)[1])
        plain = collections.Counter()
        for stack, n in profile.items():
            plain[tuple(f.replace(" (inline)", "") for f in reversed(stack))] += n
        assert standing(folded) == standing(plain)


@test
def a_flame_graph_is_drawn():
    tool = shutil.which("flamegraph.pl") or shutil.which("inferno-flamegraph")
    if not tool:
        raise Skip("flamegraph", "neither flamegraph.pl nor inferno-flamegraph is here")
    with stacks.Stacks() as target:
        folded = live.goroutop("-F", "folded", "-p", target.pid).out
        drawn = subprocess.run([tool], input=folded, capture_output=True, text=True)
        assert drawn.returncode == 0 and "<svg" in drawn.stdout and "main.park" in drawn.stdout, drawn


def panicparse():
    """The path of panicparse: Debian's, or Go's proxy's."""
    own = os.path.join(build.BUILD, "tools", "panicparse")
    if shutil.which("panicparse"):
        return shutil.which("panicparse")
    with build.lock("panicparse"):
        if not os.path.exists(own):
            env = {**golang.environment("any"), "GOBIN": os.path.dirname(own), "GOTOOLCHAIN": "local"}
            try:
                subprocess.run([golang.command(), "install", "github.com/maruel/panicparse/v2@latest"],
                               env=env, capture_output=True, timeout=100)
            except subprocess.TimeoutExpired:
                pass
    if not os.path.exists(own):
        raise Skip("panicparse", "not installed, and the Go proxy does not give it")
    return own


@test(timeout=180)
def panicparse_counts_the_same():
    with stacks.Stacks() as target:
        target.ask("many 200 5")
        text = stacks.text_of(target.pid)
        path = os.path.join(tempfile.mkdtemp(), "text")
        with open(path, "w") as f:
            f.write(text)
        done = subprocess.run([panicparse(), "-no-color", "-rebase=false", path], capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, done
        buckets = re.findall(r"^(\d+): (.*?)(?: \[.*)?$", done.stdout, flags=re.M)
        ours = stacks.parse(text)
        assert sum(int(n) for n, _ in buckets) == len(ours), (buckets, len(ours))
        # What it does not understand it passes through.
        assert not re.search("^goroutine", done.stdout, flags=re.M), done.stdout
        counted = collections.Counter()
        for n, state in buckets:
            counted[state] += int(n)
        assert counted == collections.Counter(g.says.split(", ")[0] for g in ours.values())


# ---- outputs -----------------------------------------------------------------------------------


@test
def a_snapshot_is_one_and_takes_the_place_of_the_file():
    with stacks.Stacks() as target:
        path = os.path.join(tempfile.mkdtemp(), "out")
        with open(path, "w") as f:
            f.write("old")
        os.chmod(path, 0o640)
        with open(path) as old:
            result = live.goroutop("-F", "stacks", "-n", "3", "-d", "0.1", "-o", path, "-p", target.pid)
            assert result.status == 0 and not result.out, result
            # By rename: who had it open still has what it was.
            assert old.read() == "old"
        with open(path) as f:
            stacks.parse(f.read())
        assert os.stat(path).st_mode & 0o777 == 0o640
        assert os.listdir(os.path.dirname(path)) == ["out"]
        # What is no file is written to, not replaced.
        assert live.goroutop("-F", "stacks", "-o", "/dev/null", "-p", target.pid).status == 0
        assert not os.path.isfile("/dev/null")


@test
def a_snapshot_into_nowhere_is_a_failure():
    with stacks.Stacks() as target:
        result = live.goroutop("-F", "pprof", "-o", "/nonexistent/file", "-p", target.pid)
        live.one_line(result, 1, "could not be written", "no such file")


# ---- where -------------------------------------------------------------------------------------


@test(alone=True, timeout=120)
def where_is_the_line_of_the_users_own():
    """By the runtime's own traceback: the first frame that is not its own, internal's or sync's. time.Sleep is
    its own, by another package's name."""
    def plumbing(frame):
        return re.match(r"(runtime|internal|sync)[./]", frame["function"]) or \
            re.search(r"(^|/src/)runtime/[^/]*$", frame["file"])

    with live.Oracle() as oracle:
        oracle.populate(**{kind: 2 for kind in ("chanrecv", "mutex", "cond", "sleep", "netread", "syscall",
                                                "select", "closure", "wrapped")})
        truth = {g["goid"]: g for g in oracle.truth()["goroutines"]}
        picture = live.picture(oracle.pid, "--source", "memory")
        checked = 0
        for row in picture["goroutines"]:
            own = truth[row["goid"]]
            # main has answered since; others of its kind come and go.
            if own["says"] in ("running", "runnable") or row["goid"] == 1:
                continue
            user = next(f for f in own["frames"] if not plumbing(f))
            assert row["where"] == user and row["where_bound"] == "exact", (row, own)
            checked += 1
        assert checked >= 18, checked


@test(timeout=120)
def all_rows_know_where_they_are_for_filter_and_order():
    with stacks.Stacks() as target:
        target.ask("many 3000 3")
        picture = live.picture(target.pid, "--source", "memory", "-f", "where=main.park", "-s", "where")
        assert len(picture["goroutines"]) >= 3000
        assert {r["where"]["function"] for r in picture["goroutines"]} == {"main.park"}
        others = live.picture(target.pid, "--source", "memory", "-f", "!where:main.")["goroutines"]
        assert 3 < len(others) < 30 and not [r for r in others if r["where"]["function"].startswith("main.")]
        by_file = live.picture(target.pid, "--source", "memory", "-f", "file:sema.go")["goroutines"]
        assert all(r["where"]["file"].endswith("sema.go") for r in by_file)


@test(alone=True, timeout=120)
def of_one_that_runs_where_is_about():
    with live.Oracle() as oracle:
        oracle.ask("populate spin 1")

        def found():
            rows = live.picture(oracle.pid, "--source", "memory", "-f", "start:spin state=running")["goroutines"]
            return rows and rows[0]

        row = live.wait_until(found, "it is seen running", 30)
        assert row["where_bound"] == "about" and row["where"]["function"].startswith("main.spin"), row
        text = live.wait_until(lambda: re.search(r"^goroutine \d+ \[running \(last calls\)\]:$", stacks.text_of(
            oracle.pid, "--source", "memory", "-f", "start:spin"), flags=re.M), "its stack is marked", 30)
        assert text
        oracle.ask("release spin")
