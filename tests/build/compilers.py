# SPDX-License-Identifier: GPL-2.0-or-later
"""Both compilers, without a warning; the kernel half for both machines."""

import os

from suite import Skip, test
import build

PROGRAMS = ["goroutop"] + [f"unit/{u}" for u in build.unit_programs()]


@test(timeout=600)
def gcc_compiles_everything_without_a_warning():
    build.make("gcc", *PROGRAMS)


@test(timeout=600)
def clang_compiles_everything_without_a_warning():
    build.make("clang", *PROGRAMS)


@test(timeout=600)
def the_sanitizers_compile_everything_without_a_warning():
    build.make("asan", *PROGRAMS)


@test(timeout=120, each=lambda: ["x86", "arm64"])
def the_kernel_half_compiles(machine):
    if machine == "arm64" and not os.path.exists("/usr/aarch64-linux-gnu/include/asm/ptrace.h"):
        if os.uname().machine != "aarch64":
            raise Skip("linux-libc-dev-arm64-cross", "not installed")
    build.make("gcc", f"bpf/goroutine.{machine}.bpf.o")
