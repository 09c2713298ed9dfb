# SPDX-License-Identifier: GPL-2.0-or-later
"""Where casgstatus is in a Go program with symbols, found without anything of goroutop's."""

import struct
import subprocess

import golang


def symbols(path):
    """{name: (address, size)} of the runtime's functions."""
    listed = subprocess.run([golang.command(), "tool", "nm", "-size", path], env=golang.environment(),
                            capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listed.splitlines() if " runtime." in line)
    return {row[3]: (int(row[0], 16), int(row[1])) for row in rows if len(row) == 4}


def file_offset(path, address):
    """By the program headers of a 64-bit little-endian ELF file."""
    with open(path, "rb") as f:
        header = f.read(64)
        at, size, count = struct.unpack_from("<Q", header, 32)[0], *struct.unpack_from("<HH", header, 54)
        for i in range(count):
            f.seek(at + i * size)
            kind, _, offset, vaddr, _, filesz = struct.unpack_from("<IIQQQQ", f.read(size))
            if kind == 1 and vaddr <= address < vaddr + filesz:
                return offset + address - vaddr
    raise AssertionError(f"{address:#x} is in no segment of {path}")


def site(path, minor):
    """(address, offset, the return address's place above sp) of the cheapest place in casgstatus."""
    entry = symbols(path)["runtime.casgstatus"][0]
    address, byte, return_sp = (entry, 0x55, 0) if minor >= 21 else (entry + 0x1f, 0x90, 0x40)
    offset = file_offset(path, address)
    with open(path, "rb") as f:
        f.seek(offset)
        assert f.read(1)[0] == byte, f"casgstatus of {path} is not what this test knows"
    return address, offset, return_sp
