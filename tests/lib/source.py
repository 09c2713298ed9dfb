# SPDX-License-Identifier: GPL-2.0-or-later
"""The project's own source files, as the lints see them."""

import os
import re
import subprocess

C_FOLDERS = ("bpf", "common", "tui", "tests")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def walk(folder, endings):
    for directory, _, files in os.walk(folder):
        for file in sorted(files):
            if file.endswith(endings):
                yield os.path.join(directory, file)


def c_files(*folders):
    for folder in folders or C_FOLDERS:
        yield from walk(folder, (".c", ".h", ".inc"))


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def includes(path):
    """The (kind, name) of every #include: kind is < or "."""
    return INCLUDE.findall(read(path))


def layer(path):
    """common/model/x.c → model; bpf/… → bpf; tui/… → tui."""
    parts = path.split("/")
    return parts[1] if parts[0] == "common" else parts[0]


def git(*arguments):
    """git's output, or None where there is no git or no repository."""
    try:
        # The tree may belong to another user than the one who runs the tests.
        done = subprocess.run(["git", "-c", "safe.directory=*", *arguments], capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def tracked(*patterns):
    """The files that git knows and that are there, or None where there is no git."""
    listed = git("ls-files", "-z", "--", *patterns)
    return None if listed is None else [f for f in listed.split("\0") if f and os.path.exists(f)]
