# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/tools/packages, on a machine of stand-ins: which packages are missing, and who may install them."""

import os
import shutil
import subprocess
import tempfile

from suite import test
import build

SCRIPT = os.path.join(build.ROOT, "tests/tools/packages")
COMMANDS = ("sh", "awk", "cat", "dirname", "env", "grep", "sed", "sort", "tr", "true")
GCC_ONLY = "apt-get update && apt-get install --no-install-recommends -y gcc libc6-dev"

DPKG = """#!/bin/sh
shift
for p in "$@"; do
	grep -qx "$p" {state} && printf 'Package: %s\\nStatus: install ok installed\\n\\n' "$p"
	grep -qx "removed $p" {state} && printf 'Package: %s\\nStatus: deinstall ok config-files\\n\\n' "$p"
done
exit 1
"""

APT = """#!/bin/sh
echo "$DEBIAN_FRONTEND apt-get $*" >>{log}
case "$*" in
*update*) exit {update} ;;
*install*) for p in "$@"; do echo "$p" >>{state}; done ;;
esac
"""


class Machine:
    """A PATH with a dpkg, an apt-get, a sudo of our own, and nothing of what goroutop is built with."""

    def __init__(self, installed=(), uid=0, sudo=None, update=0):
        self.bin = tempfile.mkdtemp()
        self.state, self.log = os.path.join(self.bin, "state"), os.path.join(self.bin, "log")
        with open(self.state, "w") as f:
            f.write("".join(f"{p}\n" for p in installed))
        open(self.log, "w").close()
        for name in COMMANDS:
            os.symlink(shutil.which(name), os.path.join(self.bin, name))
        self.script("dpkg", DPKG.format(state=self.state))
        self.script("apt-get", APT.format(log=self.log, state=self.state, update=update))
        self.script("id", f"#!/bin/sh\necho {uid}\n")
        if sudo is not None:
            self.script("sudo", f"#!/bin/sh\n[ \"$1\" != -n ] || shift\n{sudo}\n")

    def script(self, name, text):
        path = os.path.join(self.bin, name)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o755)

    def run(self, *words):
        return subprocess.run([os.path.join(self.bin, "sh"), SCRIPT, *words], env={"PATH": self.bin},
                              capture_output=True, text=True)

    def asked(self):
        with open(self.log) as f:
            return f.read().splitlines()


# All that `build` needs, but for the C compiler and library; bpftool may be in /usr/sbin of any machine.
MOST = ["pkg-config", "clang", "bpftool", "libbpf-dev", "libelf-dev", "libdw-dev", "libcapstone-dev",
        "libyajl-dev", "zlib1g-dev", "libncurses-dev"]


@test
def what_is_missing_is_named_with_the_command():
    machine = Machine(MOST)
    done = machine.run("check", "build")
    assert done.returncode == 1 and done.stdout == "", done
    assert "not installed: gcc libc6-dev\n" in done.stderr, done.stderr
    assert "apt-get install --no-install-recommends gcc libc6-dev\n" in done.stderr, done.stderr
    assert machine.asked() == [], "check has called apt-get"


@test
def a_removed_package_is_not_installed():
    machine = Machine([*MOST, "gcc", "removed libc6-dev"])
    done = machine.run("check", "build")
    assert done.returncode == 1 and "not installed: libc6-dev\n" in done.stderr, done


@test
def with_everything_there_nothing_is_said():
    machine = Machine([*MOST, "gcc", "libc6-dev"])
    for verb in ("check", "install"):
        done = machine.run(verb, "build")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done
    assert machine.asked() == [], "apt-get was called"


@test
def root_installs_what_is_missing_and_asks_nothing():
    machine = Machine(MOST)
    done = machine.run("install", "build")
    assert done.returncode == 0, done
    update, install = machine.asked()
    assert update.startswith("noninteractive apt-get") and "update" in update, update
    assert install.startswith("noninteractive apt-get") and install.endswith(" gcc libc6-dev"), install
    assert "--no-install-recommends" in install and " -y" in install, install


@test
def a_user_installs_through_sudo():
    machine = Machine(MOST, uid=1000, sudo='exec "$@"')
    assert machine.run("install", "build").returncode == 0
    assert len(machine.asked()) == 2


@test
def without_root_and_sudo_the_line_is_told_and_the_status_is_3():
    for sudo in (None, "exit 1"):
        machine = Machine(MOST, uid=1000, sudo=sudo)
        done = machine.run("install", "build")
        assert done.returncode == 3, done
        assert done.stderr.splitlines()[-1] == GCC_ONLY, done.stderr
        assert machine.asked() == [], "apt-get was called"


@test
def a_failing_update_is_not_the_end():
    machine = Machine(MOST, update=100)
    assert machine.run("install", "build").returncode == 0
    assert len(machine.asked()) == 2


@test
def without_dpkg_the_libraries_are_named():
    machine = Machine(MOST)
    os.unlink(os.path.join(machine.bin, "dpkg"))
    for verb in ("check", "install"):
        done = machine.run(verb, "build")
        assert done.returncode == 1, done
        for word in ("libbpf", "libdw", "ncursesw", "clang"):
            assert word in done.stderr, done.stderr
        assert "apt" not in done.stderr, done.stderr
