# SPDX-License-Identifier: GPL-2.0-or-later
"""What programs write into README.md: between two lines of comment that say which."""

import re
import sys


def write(path, name, text):
    """Puts text between that file's lines of `make NAME`."""
    begin, end = f"<!-- {name}: written by make {name} -->\n", f"<!-- end of {name} -->\n"
    with open(path, encoding="utf-8") as f:
        old = f.read()
    if begin not in old or end not in old:
        sys.exit(f"{path} has no lines {begin.strip()} … {end.strip()}")
    new = re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: begin + text + end, old, flags=re.S)
    with open(path, "w", encoding="utf-8") as f:
        f.write(new)
