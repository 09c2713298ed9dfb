# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes under test: Go targets, and goroutop itself."""

import datetime
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time

from suite import Skip
import build
import golang
import privilege

PROGRAM = os.path.abspath(os.environ.get("GOROUTOP", os.path.join(build.ROOT, "goroutop")))


def wait_until(condition, what, timeout=10.0):
    """Polls until condition() gives something true, and returns that."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited {timeout} s in vain until {what}"
        time.sleep(0.02)


class Lines:
    """The lines that a pipe gives, taken in the background: the writer never blocks."""

    def __init__(self, pipe):
        self.pipe, self.lines, self.taken = pipe, [], 0
        self.changed = threading.Condition()
        self.ended = False
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.pipe:
            with self.changed:
                self.lines.append(line)
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def next(self, timeout=30.0):
        """The next line without its newline, or None at the end."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.taken < len(self.lines) or self.ended, timeout), \
                f"no line within {timeout} s"
            if self.taken == len(self.lines):
                return None
            self.taken += 1
            return self.lines[self.taken - 1].rstrip("\n")

    def text(self):
        with self.changed:
            return "".join(self.lines)


class Process:
    """A process with pipes at its three ends; ends with the `with` block."""

    def __init__(self, command, env=None, user=None, cwd=None, **more):
        command = [str(c) for c in command]
        if user:
            command = privilege.as_user(user, command)
        self.command = command
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env={**os.environ, **(env or {})}, cwd=cwd,
                                        text=True, errors="surrogateescape", bufsize=1, **more)
        self.pid = self.process.pid
        self.out, self.err = Lines(self.process.stdout), Lines(self.process.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def alive(self):
        return self.process.poll() is None

    def send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def signal(self, number):
        self.process.send_signal(number)

    def end(self, timeout=20.0):
        """Waits for the end; the exit status as a shell has it."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.command[0]} does not end; it said:\n{self.out.text()}"
                                 f"{self.err.text()}") from None
        for pipe in (self.out, self.err):
            with pipe.changed:
                pipe.changed.wait_for(lambda p=pipe: p.ended, 5)
        return status if status >= 0 else 128 - status


# ---- targets -----------------------------------------------------------------------------------


class Oracle(Process):
    """The Go program that knows the truth about its own goroutines (tests/targets/oracle). before:
    words that start it elsewhere (pid is then theirs)."""

    def __init__(self, mode="default", toolchain=golang.LOCAL, path=None, before=(), **more):
        privilege.for_memory()
        super().__init__([*before, path or golang.program("oracle", mode, toolchain)], **more)
        self.kinds = self.ask("kinds")["kinds"]  # and by then it runs

    def tell(self, command):
        self.send(command)

    def answer(self, timeout=60.0):
        line = self.out.next(timeout)
        assert line is not None, f"the oracle ended: {self.err.text()}"
        result = json.loads(line)
        assert result["ok"], f"the oracle says: {result.get('error')}"
        return result

    def ask(self, command, timeout=60.0):
        self.tell(command)
        return self.answer(timeout)

    def populate(self, **numbers):
        for kind, n in numbers.items():
            self.ask(f"populate {kind} {n}")
        self.ask("barrier")

    def truth(self):
        """What it knows, once its main goroutine reads the next command: whoever is woken by an answer may
        well take the CPU from it."""
        known = self.ask("truth")
        if not any(g["start"] == "main.spin" for g in known["goroutines"]):
            wait_until(lambda: "R" not in thread_states(self.pid), "the oracle's threads sleep", 30)
        return known


def thread_states(pid):
    """The letters of /proc/PID/task/*/stat; of threads that end meanwhile none."""
    states = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/stat") as f:
                states.append(f.read().rsplit(")", 1)[1].split()[0])
        except OSError:
            continue
    return states


class Actor(Process):
    """The Go program that plays the steps it is given (tests/targets/actor). Waits until it runs Go:
    until it has made the file that its first step names. name: what it is called by, in place of path."""

    def __init__(self, *steps, mode="default", toolchain=golang.LOCAL, path=None, name=None, **more):
        privilege.for_memory()
        ready = os.path.join(tempfile.mkdtemp(), "ready")
        os.chmod(os.path.dirname(ready), 0o777)
        path = path or golang.program("actor", mode, toolchain)
        super().__init__([name or path, f"file:{ready}", *steps], executable=path if name else None, **more)
        wait_until(lambda: os.path.exists(ready) or not self.alive(), "the actor runs")


def scratch_file(size):
    """A new file of zeroes that every user can write."""
    handle, path = tempfile.mkstemp()
    os.ftruncate(handle, size)
    os.close(handle)
    os.chmod(path, 0o666)
    return path


def set_byte(path):
    with open(path, "r+b") as f:
        f.write(b"\1")


def copy_as(path, name):
    """A copy of a program under another name, where every user can run it."""
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o755)
    copy = os.path.join(folder, name)
    shutil.copy(path, copy)
    os.chmod(copy, 0o755)
    return copy


# ---- goroutop ----------------------------------------------------------------------------------


def program():
    if not os.access(PROGRAM, os.X_OK):
        raise AssertionError(f"{PROGRAM} is not built")
    return PROGRAM


class Goroutop(Process):
    """A running goroutop. probes: with the privileges for them, or Skip (probe). user: as that user,
    from a copy that everybody can reach. before: words that start it elsewhere."""

    def __init__(self, *arguments, probes=False, user=None, before=(), **more):
        path = program() if user is None else copy_as(program(), "goroutop")
        prefix = privilege.for_probes() if probes else []
        super().__init__([*before, *prefix, path, *arguments], user=user, **more)


class Pictures:
    """The objects that a running goroutop writes by -F json."""

    def __init__(self, process):
        self.process, self.seen = process, []

    def next(self, timeout=30.0):
        line = self.process.out.next(timeout)
        assert line is not None, f"goroutop ended: {self.process.err.text()}"
        self.seen.append(parse(line))
        return self.seen[-1]

    def until(self, condition, what, told, timeout=30.0):
        """The first object from now on for which condition gives something true. told: of the last one,
        what is said if there is none."""
        last = None

        def look():
            nonlocal last
            last = self.next(timeout)
            return last if condition(last) else None

        try:
            return wait_until(look, what, timeout)
        except AssertionError as wrong:
            raise AssertionError(f"{wrong}; the last: {last and [last[key] for key in told]}") from None

    def next_from(self, moment):
        """The first object that was made after this time.monotonic()."""
        wall = time.time() - (time.monotonic() - moment)
        while True:
            picture = self.next()
            if made(picture) > wall:
                return picture

    def fresh(self):
        """The first object for which the target was looked at from now on: the first one that is made
        after now may have looked before, the one behind it has not."""
        self.next_from(time.monotonic())
        return self.next()


def made(picture):
    """When, in seconds as time.time() has them."""
    return datetime.datetime.strptime(picture["time"] + "+0000", "%Y-%m-%dT%H:%M:%S.%fZ%z").timestamp()


def parse(line):
    """One object of -F json."""
    try:
        return json.loads(line)
    except json.JSONDecodeError as wrong:
        near = line[max(0, wrong.pos - 60):wrong.pos + 40]
        raise AssertionError(f"no JSON: {wrong.msg} at {wrong.pos}: …{near}…") from None


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def objects(self):
        return [parse(line) for line in self.out.splitlines()]

    def __repr__(self):
        return f"status {self.status}\nstdout: {self.out}\nstderr: {self.err}"


def goroutop(*arguments, timeout=30.0, stdin=None, **more):
    """Runs goroutop to its end."""
    with Goroutop(*arguments, **more) as g:
        if stdin is not None:
            g.process.stdin.write(stdin)
        g.process.stdin.close()
        status = g.end(timeout)
        return Result(status, g.out.text(), g.err.text())


def pictures(pid, *arguments, n=1, delay=0.2, **more):
    """n objects of -F json, of a goroutop that ended well."""
    result = goroutop("-F", "json", "-n", n, "-d", delay, *arguments, "-p", pid, **more)
    assert result.status == 0, result
    objects = result.objects()
    assert len(objects) == n, f"{len(objects)} objects instead of {n}\n{result.err}"
    return objects


def picture(pid, *arguments, **more):
    return pictures(pid, *arguments, **more)[0]


def one_line(result, status, *words):
    """Holds that a refusal has this status, prints nothing on standard output, and says in one line
    what the words say."""
    assert result.status == status, result
    assert result.out == "", result
    lines = result.err.splitlines()
    assert len(lines) == 1, result
    for word in words:
        assert word.lower() in lines[0].lower(), f"{word!r} is not in: {lines[0]}"


def descendant(pid, name):
    """The pid of the process of that name that pid has started, or what pid has started did (sudo
    stands in between where there is one), as soon as it is there."""

    def look():
        waiting = children(pid)
        while waiting:
            child = waiting.pop(0)
            try:
                with open(f"/proc/{child}/comm") as f:
                    if f.read() == name[:15] + "\n":
                        return child
            except OSError:
                pass
            waiting += children(child)
        return None

    return wait_until(look, f"{pid} has started {name}")


def kill(pid, number):
    """Sends a signal, or Skip: a goroutop that sudo started is root's."""
    try:
        os.kill(pid, number)
    except PermissionError:
        raise Skip("root", f"to send a signal to {pid}") from None


def children(pid):
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as f:
                found += [int(word) for word in f.read().split()]
    except OSError:
        pass
    return found


def descriptors(pid):
    """What its descriptors point to."""
    folder = f"/proc/{pid}/fd"
    return [os.readlink(os.path.join(folder, fd)) for fd in os.listdir(folder)]


def bpf_programs():
    """Ids of the programs of goroutop's that the kernel holds."""
    bpftool = shutil.which("bpftool", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    privilege.need_root("to look for BPF programs")
    if not bpftool:
        raise Skip("bpftool", "not installed")
    listed = subprocess.run([bpftool, "-j", "prog", "show"], capture_output=True, text=True, check=True)
    return {p["id"] for p in json.loads(listed.stdout or "[]") if p.get("name") == "on_casgstatus"}


def no_more_bpf_programs_than(before):
    """Detaching goes on in the kernel for a moment after the process is gone."""
    wait_until(lambda: not bpf_programs() - before, "the kernel has let go of the BPF program", 60)


def gone(pid):
    """No such process, or only its status is left for whoever inherits it."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True


def need(name):
    """A program that a test uses beside goroutop, or Skip by its name."""
    path = shutil.which(name)
    if not path:
        raise Skip(name, "not installed")
    return path
