# SPDX-License-Identifier: GPL-2.0-or-later
"""Which colours are used where a terminal has 8, 16 or 256 of them."""

import os
import re
import subprocess
import tempfile

from suite import test
import live
from terminal import Screen

# As ncurses describes an xterm of 16 colours; not every machine has that description.
SIXTEEN = r"""
xterm-16color|xterm with 16 colours,
	colors#16, pairs#256,
	setab=\E[%?%p1%{8}%<%t%p1%{40}%+%e%p1%{92}%+%;%dm,
	setaf=\E[%?%p1%{8}%<%t%p1%{30}%+%e%p1%{82}%+%;%dm,
	use=xterm-256color,
"""

DARK, BRIGHT, PALETTE = range(30, 38), range(90, 98), {38}

# What of them is used, and what never; and the colours of a syscall and of what is dim.
SCHEMES = {
    "xterm": ({*DARK}, {*BRIGHT} | PALETTE, r"\x1b\[1m\x1b\[34m", None),
    "xterm-16color": ({*BRIGHT}, PALETTE, r"\x1b\[94m", r"\x1b\[90m"),
    "xterm-256color": (PALETTE, {*BRIGHT}, r"\x1b\[38;5;33m", r"\x1b\[38;5;245m"),
}


def described(source):
    """A folder with the description of a terminal."""
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o755)
    subprocess.run([live.need("tic"), "-x", "-o", folder, "-"], input=source, text=True, check=True)
    return folder


@test(alone=True, each=lambda: list(SCHEMES))
def the_scheme_of(term):
    wanted, never, syscall, dim = SCHEMES[term]
    env = {"TERM": term, "TERMINFO": described(SIXTEEN)}
    with live.Oracle() as oracle, Screen(oracle.pid, env=env, probes=False) as s:
        oracle.populate(chanrecv=2, syscall=2)
        s.wait(lambda t: len(s.rows(t)) == 5, "all rows")
        text = s.screen(escapes=True)
        used = {int(code.split(";")[0]) for code in re.findall(r"\x1b\[(\d[\d;]*)m", text)}
        assert used & wanted and not used & never, (used, text)
        assert re.search(rf"{syscall}syscall", text), text
        assert not dim or re.search(rf"{dim}–", text), text
        s.keys("q")
        assert s.over() == 0
