# SPDX-License-Identifier: GPL-2.0-or-later
"""What building and testing left behind."""

import hashlib

from suite import Skip, test
import source


def look():
    """The state of the working tree as text: what git says has changed, and how."""
    status = source.git("status", "--porcelain", "--untracked-files=all")
    if status is None:
        return None
    change = source.git("diff", "HEAD", "--binary") or ""
    return status, hashlib.sha256(change.encode()).hexdigest()


BEFORE = look()  # this file is loaded before the first test begins


@test(alone=True)
def the_tests_changed_nothing_in_the_tree():
    if BEFORE is None:
        raise Skip("git", "no git, or not a checkout")
    after = look()
    assert after[0] == BEFORE[0], f"git status was:\n{BEFORE[0]}\nand is:\n{after[0]}"
    assert after[1] == BEFORE[1], "git diff is another than before"
