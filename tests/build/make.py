# SPDX-License-Identifier: GPL-2.0-or-later
"""What make leaves where."""

import os
import subprocess
import tempfile

from suite import test
import build
import source


def make(*arguments, **more):
    return subprocess.run(["make", *arguments], cwd=build.ROOT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


@test
def install_puts_two_files_and_uninstall_takes_them_away():
    root = tempfile.mkdtemp()
    where = [f"DESTDIR={root}", "PREFIX=/opt/x"]
    done = make("install", *where)
    assert done.returncode == 0, done.stdout
    files = sorted(os.path.relpath(f, root) for f in source.walk(root, ""))
    assert files == ["opt/x/bin/goroutop", "opt/x/share/man/man1/goroutop.1"], files
    assert os.access(os.path.join(root, files[0]), os.X_OK)
    done = make("uninstall", *where)
    assert done.returncode == 0 and not list(source.walk(root, "")), done.stdout


@test
def the_manual_page_names_what_help_names():
    helped = subprocess.run(["./goroutop", "--help"], cwd=build.ROOT, capture_output=True, text=True).stdout
    page = source.read(os.path.join(build.ROOT, ".build/goroutop.1")).replace("\\-", "-").replace("\\fR", "")
    options = {word.strip(",") for word in helped.split() if word.startswith("--") and len(word) > 2}
    missing = {option for option in options if option.split("=")[0] not in page}
    assert len(options) > 10 and not missing, missing


@test(timeout=600)
def a_finished_build_does_nothing_more():
    make("all")
    done = make("all")
    assert done.returncode == 0 and done.stdout in ("", "make: Nothing to be done for 'all'.\n"), done.stdout


@test
def verbose_shows_the_commands():
    objects = tempfile.mkdtemp()
    done = make(f"B={objects}", "V=1", f"{objects}/common/base/hash.o")
    assert done.returncode == 0 and " -c -o " in done.stdout, done.stdout
    done = make(f"B={objects}", f"{objects}/common/base/vec.o")
    assert done.returncode == 0 and " -c -o " not in done.stdout and "CC" in done.stdout, done.stdout


@test
def other_flags_make_other_objects():
    objects = tempfile.mkdtemp()
    target = f"{objects}/common/base/hash.o"
    make(f"B={objects}", target)
    assert "CC" not in make(f"B={objects}", target).stdout
    assert "CC" in make(f"B={objects}", "CFLAGS=-O1", target).stdout
    assert "CC" not in make(f"B={objects}", "CFLAGS=-O1", "WERROR=-Werror", target).stdout
