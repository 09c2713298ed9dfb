# SPDX-License-Identifier: GPL-2.0-or-later
"""make, in build folders of the tests' own. One make at a time in each folder."""

import contextlib
import fcntl
import os
import shutil
import subprocess

from suite import Skip

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.path.join(ROOT, ".build")

# A flavour: its folder under .build, and what make is told beside.
FLAVOURS = {
    "gcc": ["CC=gcc", "WERROR=-Werror"],
    "clang": ["CC=clang", "WERROR=-Werror"],
    # Every finding ends the program: an error that is only printed would pass.
    "asan": ["CC=gcc", "WERROR=-Werror",
             "CFLAGS=-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"],
}


@contextlib.contextmanager
def lock(name):
    """Holds .build/NAME.lock: what two tests need is built once."""
    os.makedirs(BUILD, exist_ok=True)
    with open(os.path.join(BUILD, name.replace("/", "-") + ".lock"), "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def make(flavour, *targets):
    """Makes targets, named as below the build folder; returns what was said, fails if make does."""
    folder = f".build/{flavour}"
    program = FLAVOURS[flavour][0].split("=")[1]
    if not shutil.which(program):
        raise Skip(program, "not installed")
    command = ["make", "-j2", f"B={folder}", *FLAVOURS[flavour], *[f"{folder}/{t}" for t in targets]]
    with lock(flavour):
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
    return done.stdout


def unit_programs():
    """The cmocka programs: "model/filter_test", …"""
    found = []
    for layer in sorted(os.listdir(os.path.join(ROOT, "tests/unit"))):
        folder = os.path.join(ROOT, "tests/unit", layer)
        for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if file.endswith("_test.c"):
                found.append(f"{layer}/{file[:-2]}")
    return found
