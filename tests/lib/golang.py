# SPDX-License-Identifier: GPL-2.0-or-later
"""Go programs, built by any toolchain in any way, each once."""

import functools
import glob
import hashlib
import os
import re
import shutil
import subprocess
import urllib.request

from suite import Skip
import build

TARGETS = os.path.join(build.ROOT, "tests/targets")

# How a program can be built: environment, arguments of go build, what it needs beside Go.
MODES = {
    "default": ({"CGO_ENABLED": "0"}, [], []),
    "stripped": ({"CGO_ENABLED": "0"}, ["-ldflags=-s -w"], []),
    "pie": ({"CGO_ENABLED": "0"}, ["-buildmode=pie"], []),
    "stripped-pie": ({"CGO_ENABLED": "0"}, ["-buildmode=pie", "-ldflags=-s -w"], []),
    "cgo": ({"CGO_ENABLED": "1"}, [], ["gcc"]),
    "external": ({"CGO_ENABLED": "1"}, ["-ldflags=-linkmode=external"], ["gcc"]),
    "stripped-external": ({"CGO_ENABLED": "1"}, ["-ldflags=-linkmode=external -s -w"], ["gcc"]),
    "static-pie": ({"CGO_ENABLED": "1"},
                   ["-buildmode=pie", "-tags=netgo,osusergo",
                    "-ldflags=-linkmode=external -extldflags=-static-pie"], ["gcc"]),
    # By the profile of a channel's ping-pong: the compiler inlines casgstatus (Go ≥ 1.21).
    "pgo": ({"CGO_ENABLED": "0"}, [], []),
    "stripped-pgo": ({"CGO_ENABLED": "0"}, ["-ldflags=-s -w"], []),
    # By the profile of an HTTP server: other copies.
    "http-pgo": ({"CGO_ENABLED": "0"}, [], []),
}

LOCAL = "local"  # the toolchain that tests/tools/go finds


@functools.lru_cache(maxsize=None)
def command():
    """The go command, or Skip."""
    found = subprocess.run([os.path.join(build.ROOT, "tests/tools/go")], capture_output=True, text=True)
    if found.returncode != 0:
        raise Skip("go", found.stderr.strip())
    return found.stdout.strip()


def environment(toolchain=LOCAL):
    """What a go command runs with: nothing of the user's settings, and no network but for toolchains."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GO", "CGO_")) or k in (
        "GOPATH", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOROOT", "GOSUMDB", "GONOSUMDB")}
    env.update(GOENV="off", GO111MODULE="on", GOFLAGS="", GOWORK="off", GOTOOLCHAIN="local")
    if toolchain == LOCAL:
        env["GOPROXY"] = "off"
    else:
        env["GOTOOLCHAIN"] = toolchain
        # The index of modules, new in 1.19, then takes a GOROOT in the module cache for a module.
        env["GODEBUG"] = "goindex=0"
    if "HOME" not in env and "GOCACHE" not in env:
        env["GOCACHE"] = os.path.join(build.BUILD, "go-cache")
    return env


@functools.lru_cache(maxsize=None)
def version(toolchain=LOCAL):
    """"go1.26.8"; Skip where that toolchain cannot be had."""
    if toolchain == LOCAL:
        done = subprocess.run([command(), "version"], env=environment(), capture_output=True, text=True)
        return re.search(r"go1\.\S+", done.stdout)[0]
    if minor(version()) < 21:
        raise Skip("toolchain", f"{toolchain}: {version()} is too old to fetch others")
    try:
        with build.lock("toolchain"):
            done = subprocess.run([command(), "version"], env=environment(toolchain), capture_output=True,
                                  text=True, timeout=300)
    except subprocess.TimeoutExpired:
        raise Skip("toolchain", f"{toolchain}: no answer") from None
    if done.returncode != 0:
        raise Skip("toolchain", f"{toolchain}: {done.stderr.strip().splitlines()[-1]}")
    return re.search(r"go1\.\S+", done.stdout)[0]


def minor(text):
    """26 of "go1.26.8"."""
    return int(re.match(r"go1\.(\d+)", text)[1])


def program(name, mode="default", toolchain=LOCAL):
    """The path of a program of tests/targets, built (once) in that mode by that toolchain."""
    extra, arguments, needs = MODES[mode]
    for need in needs:
        if not shutil.which(need):
            raise Skip(need, f"not installed, and mode {mode} needs it")
    go = version(toolchain)
    if mode == "static-pie" and minor(go) < 19:
        raise Skip("toolchain", f"{go} links no static PIE")
    if mode.endswith("pgo"):
        arguments = [*arguments, f"-pgo={profile(toolchain, 'http' if mode.startswith('http') else 'pingpong')}"]
    folder = os.path.join(build.BUILD, "targets", go, mode)
    output = os.path.join(folder, name)
    with build.lock(f"targets/{go}/{mode}/{name}"):
        if not fresh(output, name, arguments):
            os.makedirs(folder, exist_ok=True)
            compile_go(name, go, output, {**environment(toolchain), **extra}, arguments)
            remember(output, name, arguments)
    return output


def profile(toolchain=LOCAL, kind="pingpong"):
    """The path of a CPU profile of PROFILES by this release, or Skip: too old to use it."""
    go = version(toolchain)
    if minor(go) < 21:
        raise Skip("toolchain", f"{go} builds the runtime without profiles")
    path = os.path.join(build.BUILD, "targets", go, f"{kind}.pprof")
    recorder = program("oracle" if kind == "pingpong" else "pprofd", "default", toolchain)
    with build.lock(f"targets/{go}/{kind}.pprof"):
        if not os.path.exists(path):
            PROFILES[kind](recorder, f"{path}.new")
            os.rename(f"{path}.new", path)
    return path


def profile_pingpong(oracle, path):
    done = subprocess.run([oracle], input=f"profile {path} 3\n", capture_output=True, text=True, timeout=120)
    assert '"ok":true' in done.stdout, done


def profile_http(pprofd, path):
    """Of a server that has all that it can do."""
    with subprocess.Popen([pprofd, "-load", "200"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().strip()
            urllib.request.urlretrieve(f"http://{address}/debug/pprof/profile?seconds=5", path)
        finally:
            server.kill()


PROFILES = {"pingpong": profile_pingpong, "http": profile_http}


def inlined_copies(path, toolchain=LOCAL):
    """The runtime's functions that hold code of casgstatus, by go tool objdump."""
    listed = subprocess.run([command(), "tool", "objdump", "-s", r"^runtime\.", path],
                            env=environment(toolchain), capture_output=True, text=True, check=True).stdout
    lines, function = {}, None
    for line in listed.splitlines():
        if line.startswith("TEXT "):
            function = line[5:].rsplit("(SB)", 1)[0]
        elif line.startswith("  proc.go:"):
            lines.setdefault(function, set()).add(int(line[10:].split(None, 1)[0]))
    # The function itself, whole, is always there: newstack and others call it. Its first lines are
    # shared with nobody, unless its copy stands there.
    own = lines.pop("runtime.casgstatus")
    low, high = min(own), max(own)
    return {name for name, its in lines.items() if len([n for n in its if low <= n <= high]) > 3}


def compile_go(name, go, output, env, arguments):
    """go build, as a module of this very release: its defaults (GODEBUG) are then the release's own."""
    modfile = os.path.join(os.path.dirname(output), f"{name}.mod")
    with open(modfile, "w") as f:
        f.write(f"module goroutop/targets\n\ngo 1.{minor(go)}\n")
    if minor(go) >= 18:
        arguments = ["-buildvcs=false", *arguments]
    if minor(go) >= 14:  # before, these programs are built by the file
        arguments = [f"-modfile={modfile}", *arguments]
    built = subprocess.run([command(), "build", *arguments, "-o", output, what_to_build(name, go)],
                           cwd=TARGETS, env=env, capture_output=True, text=True)
    assert built.returncode == 0, f"go build {name} by {go}: {built.stdout}{built.stderr}"


def what_to_build(name, go):
    return f"./{name}" if minor(go) >= 14 else f"./{name}/main.go"


def digest(name, arguments):
    """A name for what a build depends on, beside the toolchain that its folder is named after."""
    sum_ = hashlib.sha256(repr(arguments).encode())
    for folder in (name, "self"):
        for file in sorted(glob.glob(os.path.join(TARGETS, folder, "*.go"))):
            with open(file, "rb") as f:
                sum_.update(f.read())
    return sum_.hexdigest()


def fresh(output, name, arguments):
    try:
        with open(output + ".digest") as f:
            return os.path.exists(output) and f.read() == digest(name, arguments)
    except OSError:
        return False


def remember(output, name, arguments):
    with open(output + ".digest", "w") as f:
        f.write(digest(name, arguments))
