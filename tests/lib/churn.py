# SPDX-License-Identifier: GPL-2.0-or-later
"""The Go program that makes transitions of a known number (tests/targets/churn)."""

import json

import golang
import live


class Churn(live.Process):
    """Without the collector nothing moves but what is asked for."""

    def __init__(self, toolchain=golang.LOCAL, mode="default"):
        self.path = golang.program("churn", mode, toolchain)
        super().__init__([self.path], env={"GOGC": "off", "GODEBUG": ""})
        self.told = json.loads(self.out.next())
        self.minor = golang.minor(self.told["version"])

    def ask(self, command):
        self.send(command)
        answer = json.loads(self.out.next(120))
        assert "error" not in answer, answer
        return answer
