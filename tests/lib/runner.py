# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs tests, each in a process of its own: a crash, a time-out or what a test leaves running is
its own failure and nobody else's."""

import ctypes
import inspect
import os
import pickle
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback

from suite import Outcome, Skip

PR_SET_CHILD_SUBREAPER = 36
MARK = "GOROUTOP_TEST"  # in the environment of everything that a test starts
GRACE = 30.0  # seconds for what a test started to end by itself: on a busy machine detaching takes its time
OUTPUT_SHOWN = 6000  # bytes at the end


class Running:
    """A test whose process runs."""

    def __init__(self, test, number):
        self.test, self.began = test, time.monotonic()
        self.mark = f"{os.getpid()}.{number}"
        # Readable by everybody: some tests do their work as another user.
        self.directory = tempfile.mkdtemp(prefix="goroutop-test.")
        os.chmod(self.directory, 0o755)
        self.log = os.path.join(self.directory, "test.log")
        self.result = os.path.join(self.directory, "test.result")
        self.pid = os.fork()
        if self.pid == 0:
            self.child()
        self.pidfd = os.pidfd_open(self.pid)

    def child(self):
        status = 1
        try:
            os.setsid()
            os.environ[MARK] = self.mark
            os.environ["TMPDIR"] = tempfile.tempdir = self.directory
            for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "NO_COLOR", "COLUMNS", "LINES", "TMUX"):
                os.environ.pop(name, None)
            os.environ["LC_ALL"] = "C.UTF-8"
            log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
            os.dup2(log, 1)
            os.dup2(log, 2)
            outcomes = perform(self.test)
            sys.stdout.flush()
            with open(self.result, "wb") as f:
                pickle.dump(outcomes, f)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def late(self):
        return time.monotonic() - self.began > self.test.timeout

    def finish(self, late):
        """Its outcomes, after everything that it started is gone."""
        if late:
            os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        os.close(self.pidfd)
        left = kill_marked(self.mark, grace=0.0 if late else GRACE)
        seconds = time.monotonic() - self.began
        output = read_text(self.log)
        outcomes = self.outcomes(status, late, output)
        if left and not late and all(o.status != "failed" for o in outcomes):
            outcomes.append(Outcome(self.test.name, "failed", "left running: " + ", ".join(left)))
        shutil.rmtree(self.directory, ignore_errors=True)
        if len(outcomes) == 1:
            outcomes[0].seconds = seconds
        return outcomes, output

    def outcomes(self, status, late, output):
        if late:
            return [Outcome(self.test.name, "failed", output + f"\ntimed out after {self.test.timeout} s")]
        try:
            with open(self.result, "rb") as f:
                return pickle.load(f)
        except (OSError, EOFError, pickle.UnpicklingError):
            return [Outcome(self.test.name, "failed", output + f"\nthe test's process ended with {status}")]


def perform(test):
    """Runs a test in this process."""
    try:
        result = test.function(*test.arguments)
        if inspect.isgenerator(result):
            return list(result)
        return [Outcome(test.name, "passed")]
    except Skip as skip:
        return [Outcome(test.name, "skipped", str(skip), skip.reason)]
    except AssertionError as wrong:
        sys.stdout.flush()
        where = traceback.format_exc() if not str(wrong) else short_trace(wrong)
        return [Outcome(test.name, "failed", where)]
    except Exception:
        return [Outcome(test.name, "failed", traceback.format_exc())]


def short_trace(wrong):
    frame = traceback.extract_tb(wrong.__traceback__)
    calls = "\n".join(f"  {os.path.relpath(f.filename)}:{f.lineno}: {f.line}" for f in frame[1:])
    return f"{wrong}\n{calls}"


def read_text(path):
    try:
        with open(path, errors="replace") as f:
            return f.read()
    except OSError:
        return ""


def marked(mark):
    """{pid: command} of every process that carries the mark in its environment."""
    found = {}
    wanted = f"{MARK}={mark}".encode()
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/environ", "rb") as f:
                if wanted not in f.read().split(b"\0"):
                    continue
            with open(f"/proc/{entry}/cmdline", "rb") as f:
                found[int(entry)] = f.read().replace(b"\0", b" ").decode(errors="replace").strip() or entry
        except (OSError, ValueError):
            continue
    return found


def kill_marked(mark, grace=0.0):
    """Kills every process that carries the mark and has not ended by itself after that many seconds
    (what holds the probes of a killed goroutop takes a moment); names those that it killed."""
    until = time.monotonic() + grace
    while (left := marked(mark)) and time.monotonic() < until:
        time.sleep(0.05)
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            continue
    return list(left.values())


class Runner:
    """A test that wants the machine for itself has its moments in common with whatever else the machine
    does: where it fails it is tried once more when all others are over, and named if that went well."""

    def __init__(self, jobs, required, verbose, once=False):
        self.jobs, self.required, self.verbose, self.once = jobs, required, verbose, once
        self.count = {"passed": 0, "failed": 0, "skipped": 0}
        self.skips = {}  # reason: how many
        self.failed = []
        self.again = []  # tests that are tried once more
        self.failed_first = set()  # the names of what failed in them
        self.number = 0
        # What a test leaves behind becomes our child, and can be reaped.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def run(self, tests):
        waiting, running = list(tests), []
        self.try_all(waiting, running)
        if self.again:
            print("\nonce more:")
            self.once = True
            self.try_all(list(self.again), running)
        return self.summary()

    def try_all(self, waiting, running):
        try:
            while waiting or running:
                while waiting and self.may_start(waiting[0], running):
                    self.number += 1
                    running.append(Running(waiting.pop(0), self.number))
                self.collect(running)
        finally:
            for r in running:
                os.kill(r.pid, signal.SIGKILL)
                kill_marked(r.mark)
                shutil.rmtree(r.directory, ignore_errors=True)

    def may_start(self, test, running):
        if not running:
            return True
        return len(running) < self.jobs and not test.alone and not running[0].test.alone

    def collect(self, running):
        """Waits until at least one test is over or late, and takes the results."""
        rest = min(r.began + r.test.timeout for r in running) - time.monotonic()
        select.select([r.pidfd for r in running], [], [], max(0.01, rest + 0.01))
        for r in list(running):
            over = bool(select.select([r.pidfd], [], [], 0)[0])
            if not over and not r.late():
                continue
            running.remove(r)
            outcomes, output = r.finish(late=not over)
            if r.test.alone and not self.once and any(o.status == "failed" for o in outcomes):
                self.put_off(r.test, outcomes, output)
                continue
            for outcome in outcomes:
                self.tell(outcome, output)
        reap([r.pid for r in running])

    def put_off(self, test, outcomes, output):
        self.again.append(test)
        for outcome in outcomes:
            if outcome.status == "failed":
                self.failed_first.add(outcome.name)
                print(f"again {outcome.name}")
                show(outcome.detail if output in outcome.detail else f"{output}\n{outcome.detail}")
        sys.stdout.flush()

    def tell(self, outcome, output):
        if outcome.status == "skipped" and outcome.reason in self.required:
            outcome.status = "failed"
            outcome.detail = f"skipped, but GOROUTOP_REQUIRE has {outcome.reason}: {outcome.detail}"
        if outcome.status == "skipped" and outcome.name in self.failed_first:
            outcome.status = "failed"
            outcome.detail = f"failed first, then skipped: {outcome.reason}: {outcome.detail}"
        self.count[outcome.status] += 1
        word = {"passed": "ok  ", "failed": "FAIL", "skipped": "skip"}[outcome.status]
        line = f"{word}  {outcome.name}"
        if outcome.status == "skipped":
            self.skips[outcome.reason] = self.skips.get(outcome.reason, 0) + 1
            line += f"  [{outcome.reason}: {outcome.detail}]"
        elif outcome.seconds >= 1:
            line += f"  ({outcome.seconds:.1f} s)"
        print(line)
        if outcome.status == "failed":
            self.failed.append(outcome.name)
            show(outcome.detail if output in outcome.detail else f"{output}\n{outcome.detail}")
        elif self.verbose and output:
            show(output)
        sys.stdout.flush()

    def summary(self):
        if self.again:
            print("\nneeded a second try:")
            for name in sorted(self.failed_first):
                print(f"  {name}: {'failed again' if name in self.failed else 'passed then'}")
            print()
        if self.failed:
            print("\nfailed:")
            for name in self.failed:
                print(f"  {name}")
            print()
        if self.skips:
            print("skipped for want of: " + ", ".join(f"{reason} {n}" for reason, n in sorted(self.skips.items())))
        print("{passed} passed, {failed} failed, {skipped} skipped".format(**self.count))
        return 1 if self.failed else 0


def show(text):
    text = text.strip("\n")
    if len(text) > OUTPUT_SHOWN:
        text = "[…]\n" + text[-OUTPUT_SHOWN:]
    for line in text.split("\n"):
        print(f"      {line}")


def reap(tests):
    """Takes leave of orphans that ended; a test's own process is waited for by its pidfd."""
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None or ended.si_pid in tests:
            return
        os.waitpid(ended.si_pid, 0)
