# SPDX-License-Identifier: GPL-2.0-or-later
"""What `make run` does once everything is built: tests/tools/demo, on a terminal and without one."""

import os
import signal
import subprocess
import tempfile

from suite import test
import build
import live
import privilege
from terminal import Terminal

SCRIPT = os.path.join(build.ROOT, "tests/tools/demo")
DEMO = ".build/targets/demo"


def demo():
    with build.lock("demo"):
        done = subprocess.run(["make", DEMO], cwd=build.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
    assert done.returncode == 0, done.stdout
    return os.path.join(build.ROOT, DEMO)


def for_everybody():
    """The three files where any user can run them: (script, goroutop, demo)."""
    return [live.copy_as(path, os.path.basename(path)) for path in (SCRIPT, live.program(), demo())]


def running(path):
    """The pids of the processes that run this program."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.readlink(f"/proc/{entry}/exe") == path and not live.gone(entry):
                found.append(int(entry))
        except OSError:
            continue
    return found


def watch(script, goroutop, path, **more):
    with live.Process([script, goroutop, path], **more) as run:
        run.process.stdin.close()
        status = run.end(60)
        assert not running(path), "the demo is still there"
        return live.Result(status, run.out.text(), run.err.text())


@test(alone=True)
def without_a_terminal_five_refreshes():
    privilege.for_probes()
    result = watch(*for_everybody())
    assert result.status == 0, result
    heads = [line for line in result.out.splitlines() if line.split()[:1] == ["GOID"]]
    assert len(heads) == 5, result
    assert "leakyHandler" in result.out or "buildIndex" in result.out, result


@test(alone=True)
def an_ordinary_user_watches_from_memory():
    privilege.need_root("to be nobody")
    folder = tempfile.mkdtemp()
    for sudo in ("exit 1", None):
        path = os.environ["PATH"]
        if sudo:
            refusing = os.path.join(folder, "sudo")
            with open(refusing, "w") as f:
                f.write(f"#!/bin/sh\necho no >&2\n{sudo}\n")
            os.chmod(refusing, 0o755)
            os.chmod(folder, 0o755)
            path = f"{folder}:{path}"
        result = watch(*for_everybody(), user="nobody", env={"PATH": path, "TMPDIR": "/tmp"})
        assert result.status == 0, result
        assert "from memory alone" in result.err, result
        assert len([line for line in result.out.splitlines() if line.split()[:1] == ["GOID"]]) == 5, result


@test(alone=True, each=lambda: ["SIGTERM", "SIGKILL"])
def the_demo_ends_however_the_script_does(name):
    script, goroutop, path = for_everybody()
    with live.Process([script, goroutop, path]) as run:
        live.wait_until(lambda: running(path) and run.out.text().count("GOID"), "it watches", 30)
        run.signal(getattr(signal, name))
        live.wait_until(lambda: not running(path) and not running(goroutop), "both are gone", 30)


@test(alone=True)
def on_a_terminal_the_screen():
    privilege.for_probes()
    script, goroutop, path = for_everybody()
    with Terminal(width=80, height=24) as t:
        t.start(script, goroutop, path)
        t.wait(lambda s: "demo" in s and "waiting" in s and t.format("alternate_on") == "1", "the screen")
        t.keys("q")
        live.wait_until(lambda: not running(path), "the demo is gone")
        t.wait(lambda _: t.format("alternate_on") == "0", "the shell is back")
