# SPDX-License-Identifier: GPL-2.0-or-later
"""What can be said of the sources without compiling them."""

import ast
import os
import re
import shutil
import subprocess

from suite import Skip, test
import source

LONGEST_FILE = 500
LONGEST_FUNCTION = 60
FORMATTER = "14"  # Debian 12's; others lay some lines out differently


def ours(*endings):
    """Our files with these endings: what git tracks, or all where there is no git."""
    listed = source.tracked()
    if listed is None:
        listed = [f for folder in (*source.C_FOLDERS, ".ci") for f in source.walk(folder, "")]
    return [f for f in listed if f.endswith(endings)]


def scripts(language):
    """Our files without an ending whose first line names the interpreter."""
    for path in ours(""):
        if "." in os.path.basename(path) and not path.endswith((".sh", ".py")):
            continue
        with open(path, "rb") as f:
            first = f.readline()
        if first.startswith(b"#!") and language in first:
            yield path


def tool(name):
    if not shutil.which(name):
        raise Skip(name, "not installed")
    return name


@test
def c_is_laid_out_as_clang_format_says():
    version = subprocess.run([tool("clang-format"), "--version"], capture_output=True, text=True).stdout
    if not re.search(rf"version {FORMATTER}\.", version):
        raise Skip("clang-format", f"version {FORMATTER} is meant, this is: {version.strip()}")
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *ours(".c", ".h")],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@test
def every_source_says_its_licence_first():
    wrong = []
    for path in [*ours(".c", ".h", ".go", ".inc", ".mk"), *scripts(b"sh"), *scripts(b"python")]:
        wanted = "GPL-2.0-only" if path.endswith(".bpf.c") else "GPL-2.0-or-later"
        start = source.read(path)[:300]
        if "SPDX-License-Identifier: " not in start or wanted not in start:
            wrong.append(path)
    assert not wrong, "no SPDX line with the right licence: " + ", ".join(wrong)


@test
def no_c_file_is_too_long():
    wrong = []
    for path in ours(".c", ".h"):
        lines = source.read(path).count("\n")
        if lines > LONGEST_FILE:
            wrong.append(f"{path}: {lines} lines")
    assert not wrong, f"over {LONGEST_FILE} lines:\n" + "\n".join(wrong)


def functions(text):
    """(name, lines) of each function: in this style they begin with { and end with } in column 0."""
    lines = text.split("\n")
    begin = None
    for i, line in enumerate(lines):
        if line == "{":
            begin = i
        elif line == "}" and begin is not None:
            head = "\n".join(lines[max(0, begin - 4):begin])
            names = re.findall(r"(\w+)\(", head)
            yield names[-1] if names else "?", i - begin + 1
            begin = None


@test
def no_c_function_is_too_long():
    """A test may be longer: it is one table, or one story."""
    wrong = [f"{path}: {name}: {lines} lines" for path in ours(".c") if not path.startswith("tests/")
             for name, lines in functions(source.read(path)) if lines > LONGEST_FUNCTION]
    assert not wrong, f"over {LONGEST_FUNCTION} lines:\n" + "\n".join(wrong)


@test
def go_is_laid_out_as_gofmt_says():
    go = subprocess.run(["tests/tools/go"], capture_output=True, text=True).stdout.strip()
    if not go:
        raise Skip("go", "no Go 1.19 or newer")
    gofmt = os.path.join(os.path.dirname(os.path.realpath(go)), "gofmt")
    done = subprocess.run([gofmt, "-l", *ours(".go")], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stdout, done.stdout + done.stderr


@test
def shell_scripts_are_sound():
    files = list(scripts(b"sh"))
    assert files
    done = subprocess.run([tool("shellcheck"), *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@test
def python_is_sound():
    """What a compiler would say: syntax (for Python 3.9 too), and imports that nobody uses."""
    wrong = []
    for path in {*ours(".py"), *scripts(b"python")}:
        text = source.read(path)
        tree = ast.parse(text, path, feature_version=(3, 9))
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        for node in ast.walk(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    name = (alias.asname or alias.name).split(".")[0]
                    if name not in used:
                        wrong.append(f"{path}:{node.lineno}: {name} is imported, but not used")
        wrong += [f"{path}:{i}: longer than 120 columns" for i, line in enumerate(text.split("\n"), 1)
                  if len(line) > 120]
    assert not wrong, "\n".join(wrong)
