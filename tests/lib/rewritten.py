# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs whose machine code was changed after they were built: they run and do the same as before,
but no longer in the way that goroutop knows."""

import platform
import re
import subprocess

from suite import Skip
import elf
import golang
import live

INT3 = 0xCC  # what the linker fills the space between functions with
NOP = 0x90
INVALID = 0x06  # push %es: no instruction in 64-bit mode
CALL, RETURN = 0xE8, 0xC3
CALL_SIZE = 5
DISPLACED = re.compile(r"LOCK CMPXCHGL \w+, 0x[1-9a-f]\w+\(\w+\)")  # a field of a struct


class Instruction:
    def __init__(self, pc, code, text):
        self.pc, self.code, self.text = pc, code, text


class Rewritten:
    """A copy of a program with symbols, to be changed and then run."""

    def __init__(self, path):
        if platform.machine() != "x86_64":
            raise Skip("amd64", "it rewrites machine code of amd64")
        self.path = live.copy_as(path, "rewritten")
        self.functions = listing(path)

    def write(self, pc, code):
        with open(self.path, "r+b") as f:
            f.seek(elf.offset_of(self.path, pc))
            f.write(bytes(code))

    def read(self, pc, size):
        with open(self.path, "rb") as f:
            f.seek(elf.offset_of(self.path, pc))
            return f.read(size)

    def padding(self, size):
        """Where there is that much space behind a function, aligned as functions are."""
        for function in self.functions.values():
            pc = function[-1].pc + len(function[-1].code)
            if self.read(pc, size) == bytes([INT3] * size):
                return pc
        raise AssertionError(f"no {size} bytes between two functions")

    def move_swap_away(self, name):
        """The compare-and-swap of a field in that function is done by a call of what stands elsewhere."""
        swap = next(i for i in self.functions[name] if DISPLACED.match(i.text))
        place = self.padding(len(swap.code) + 1)
        distance = place - (swap.pc + CALL_SIZE)
        self.write(place, [*swap.code, RETURN])
        self.write(swap.pc, [CALL, *distance.to_bytes(4, "little", signed=True),
                             *[NOP] * (len(swap.code) - CALL_SIZE)])

    def spoil(self, name):
        """What never runs in that function, since it stands behind a call of throw, is no instruction."""
        code = self.functions[name]
        dead = next(b for a, b in zip(code, code[1:])
                    if a.text.startswith("CALL runtime.throw(") and b.code == bytes([NOP]))
        self.write(dead.pc, [INVALID])


def listing(path):
    """{function of the runtime's: its instructions}, by go tool objdump."""
    listed = subprocess.run([golang.command(), "tool", "objdump", "-s", r"^runtime\.", path],
                            env=golang.environment(), capture_output=True, text=True, check=True).stdout
    functions, now = {}, None
    for line in listed.splitlines():
        words = line.split(None, 3)
        if line.startswith("TEXT "):
            now = functions.setdefault(line[5:].rsplit("(SB)", 1)[0], [])
        elif len(words) == 4:
            now.append(Instruction(int(words[1], 16), bytes.fromhex(words[2]), words[3].strip()))
    return {name: code for name, code in functions.items() if code}
