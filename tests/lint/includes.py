# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the #include graph against the directions of the design: who may know whom."""

import os

from suite import test
import source

# A layer, and the layers whose headers it may include.
DIRECTIONS = {
    "base": {"base"},
    "golang": {"base", "golang"},
    "process": {"base", "process"},
    "runtime": {"base", "golang", "process", "runtime"},
    "model": {"base", "model"},
    "format": {"base", "model", "format"},
    "bpf": {"base", "bpf"},
    "source": {"base", "golang", "process", "runtime", "model", "format", "bpf", "source"},
    "tui": {"base", "model", "format", "source", "tui"},
}

# Libraries beyond libc, by how their headers begin, and the one layer that may know each.
LIBRARIES = {
    "bpf/": "bpf",
    "libelf.h": "golang",
    "gelf.h": "golang",
    "dwarf.h": "golang",
    "elfutils/": "golang",
    "capstone/": "golang",
    "capstone.h": "golang",
    "yajl/": "format",
    "zlib.h": "format",
    "curses.h": "tui",
    "ncurses.h": "tui",
    "ncursesw/": "tui",
    "term.h": "tui",
    "panel.h": "tui",
}

# All of libc that the pure layers may use: nothing that asks the system.
PURE = {"assert.h", "ctype.h", "errno.h", "inttypes.h", "limits.h", "locale.h", "math.h", "stdarg.h",
        "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "strings.h", "time.h",
        "sys/types.h", "wchar.h"}

# Headers with few readers. The wire between kernel and user half has one translator.
FEW = {
    "bpf/goroutine.h": {"bpf/", "common/source/live", "tests/unit/bpf/"},
    "bpf/tracer.h": {"bpf/", "common/source/live", "tests/unit/bpf/"},
}

PRODUCT = ("bpf", "common", "tui")


def resolve(path, name):
    """The file of ours that "name" means in path, as the compiler finds it, or None."""
    for directory in (os.path.dirname(path), "common", "."):
        file = os.path.normpath(os.path.join(directory, name))
        if os.path.exists(file):
            return file
    return None


def edges(*folders):
    """Every (file, kind, name, resolved file or None)."""
    for path in source.c_files(*folders):
        for kind, name in source.includes(path):
            yield path, kind, name, resolve(path, name) if kind == '"' else None


def layer_of(path):
    """The layer of a file; that of tests/unit/LAYER/… is the layer under test."""
    parts = path.split("/")
    return parts[2] if parts[:2] == ["tests", "unit"] else source.layer(path)


@test
def no_layer_includes_one_above_it():
    wrong = []
    for path, _, name, target in edges(*PRODUCT, "tests/unit"):
        if target is None or target.startswith("tests/"):
            continue
        layer, other = layer_of(path), layer_of(target)
        assert layer in DIRECTIONS, f"{path}: a layer that the design does not know: {layer}"
        if other not in DIRECTIONS[layer]:
            wrong.append(f"{path} ({layer}) includes {name} ({other})")
    assert not wrong, "\n".join(wrong)


@test
def every_include_of_ours_is_found():
    # tests are built with the same search path; generated headers are the skeletons alone
    wrong = [f"{path}: {name}" for path, kind, name, target in edges(*PRODUCT)
             if kind == '"' and target is None and not name.endswith(".skel.h")]
    assert not wrong, "\n".join(wrong)


@test
def only_one_file_translates_the_wire():
    wrong = []
    for path, _, name, target in edges(*PRODUCT, "tests/unit"):
        if target in FEW and not any(path.startswith(reader) for reader in FEW[target]):
            wrong.append(f"{path} includes {name}")
    assert not wrong, "\n".join(wrong)


@test
def a_library_is_known_to_one_layer():
    wrong = []
    for path, kind, name, _ in edges(*PRODUCT):
        owner = next((o for prefix, o in LIBRARIES.items() if name.startswith(prefix)), None)
        if kind == "<" and owner and layer_of(path) != owner:
            wrong.append(f"{path} ({layer_of(path)}) includes <{name}>, which is {owner}'s")
    assert not wrong, "\n".join(wrong)


@test
def model_and_format_know_nothing_of_the_system():
    wrong = []
    for path, kind, name, _ in edges("common/model", "common/format"):
        if kind == "<" and name not in PURE and not (name.startswith(("yajl/", "zlib.h")) and "format" in path):
            wrong.append(f"{path} includes <{name}>")
    for path in source.c_files("common/model", "common/format"):
        if '"/proc' in source.read(path):
            wrong.append(f"{path} speaks of /proc")
    assert not wrong, "\n".join(wrong)


@test
def golang_knows_files_but_no_processes():
    wrong = [path for path in source.c_files("common/golang") if '"/proc' in source.read(path)]
    assert not wrong, "\n".join(wrong)
