# SPDX-License-Identifier: GPL-2.0-or-later
"""The Go program that keeps a log of when its goroutines wait and run (tests/targets/witness)."""

import json

import golang
import live
import privilege


class Witness(live.Process):
    def __init__(self, mode="default", toolchain=golang.LOCAL, **more):
        privilege.for_memory()
        super().__init__([golang.program("witness", mode, toolchain)], **more)
        self.answer()  # and by then the log is kept

    def answer(self):
        line = self.out.next()
        assert line is not None, f"the witness ended: {self.err.text()}"
        answer = json.loads(line)
        assert "Error" not in answer, answer
        return answer

    def ask(self, command):
        self.send(command)
        return self.answer()
