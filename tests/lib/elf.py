# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the text of a 64-bit ELF file is, and that of a process compared with it."""

import struct

PT_LOAD, PF_X = 1, 1


def text_headers(path):
    """(offset, address, size) of the executable segments, the address as linked."""
    with open(path, "rb") as f:
        header = f.read(64)
        phoff, = struct.unpack_from("<Q", header, 32)
        phentsize, phnum = struct.unpack_from("<HH", header, 54)
        f.seek(phoff)
        table = f.read(phentsize * phnum)
    for i in range(phnum):
        kind, flags, offset, address, _, size = struct.unpack_from("<IIQQQQ", table, i * phentsize)
        if kind == PT_LOAD and flags & PF_X:
            yield offset, address, size


def text_segments(path):
    """(offset, size) of the executable segments."""
    for offset, _, size in text_headers(path):
        yield offset, size


def offset_of(path, address):
    """Where in the file the byte of text is that is linked to that address."""
    for offset, start, size in text_headers(path):
        if start <= address < start + size:
            return offset + address - start
    raise AssertionError(f"{path} has no text at {address:#x}")


def text_mappings(pid, path):
    """(address, length, file offset) of the executable mappings of that file."""
    with open(f"/proc/{pid}/maps") as f:
        for line in f:
            words = line.split(None, 5)
            if "x" in words[1] and len(words) == 6 and words[5].strip() == path:
                low, high = (int(word, 16) for word in words[0].split("-"))
                yield low, high - low, int(words[2], 16)


def text_changes(pid, path):
    """File offsets at which the text in memory differs from the file: where probes sit."""
    segments = list(text_segments(path))
    changed = []
    with open(path, "rb") as file, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for address, length, offset in text_mappings(pid, path):
            for start, size in segments:
                first, last = max(start, offset), min(start + size, offset + length)
                if first >= last:
                    continue
                file.seek(first)
                memory.seek(address + first - offset)
                want, have = file.read(last - first), memory.read(last - first)
                if want != have:
                    changed += [first + i for i, (a, b) in enumerate(zip(want, have)) if a != b]
    return changed
