# SPDX-License-Identifier: GPL-2.0-or-later
"""The Go program that makes goroutines by its family's rules (tests/targets/family)."""

import json

import golang
import live
import privilege


class Family(live.Process):
    def __init__(self, mode="default", toolchain=golang.LOCAL, **more):
        privilege.for_memory()
        super().__init__([golang.program("family", mode, toolchain)], **more)

    def do(self, command):
        self.send(command)
        line = self.out.next()
        assert line is not None, f"the family ended: {self.err.text()}"
        return json.loads(line)
