# SPDX-License-Identifier: GPL-2.0-or-later
"""How many goroutines a benchmark may have: all that it asks for, or fewer for a trial of the benchmark."""

most = None


def up_to(*sizes):
    """Those of the sizes that are allowed; where none is, the most that is."""
    if most is None:
        return sizes
    return tuple(n for n in sizes if n <= most) or (most,)
