# SPDX-License-Identifier: GPL-2.0-or-later
"""The target that keeps a scheduler busy, or in trouble."""

import golang
import live
import privilege


class Stall(live.Process):
    """The target of that name, once it says that it is so far."""

    def __init__(self, *arguments, prefix=(), mode="default", toolchain=golang.LOCAL, **more):
        privilege.for_memory()
        super().__init__([*prefix, golang.program("stall", mode, toolchain), *arguments], **more)
        assert self.out.next() == "ready", self.err.text()
