# SPDX-License-Identifier: GPL-2.0-or-later
"""What --doctor writes, taken apart."""

import re

import live


def sections(text):
    """{section: {name: (mark, text)}} of a report: what is indented further goes on."""
    found, names, name = {}, None, None
    for line in text.splitlines()[1:]:
        if line and line[0] not in " ":
            names = found.setdefault(line, {})
        elif re.match(r" (ok|no|!| )\s{1,3}\S", line[:5] + "x") and line[4:5].strip():
            mark, rest = line[1:4].strip(), line[4:]
            name, _, said = rest.partition("  ")
            names[name.strip()] = (mark, said.strip())
        elif line.strip():
            names[name] = (names[name][0], f"{names[name][1]} {line.strip()}")
    return found


def doctor(*arguments, status=0, **more):
    result = live.goroutop("--doctor", "--ascii", *arguments, **more)
    assert result.status == status and result.err == "", result
    return sections(result.out)
