# SPDX-License-Identifier: GPL-2.0-or-later
"""The lines of -F events."""

import re

NAMES = {0: "IDLE", 1: "RUNNABLE", 2: "RUNNING", 3: "SYSCALL", 4: "WAITING", 6: "DEAD", 8: "COPYSTACK",
         9: "PREEMPTED", 10: "LEAKED", 11: "DEADEXTRA"}
STATE = r"([A-Z]+)\((\d+)\)"
LINE = re.compile(rf"^(\d\d:\d\d:\d\d\.\d{{6}}) {STATE} {STATE} (\d+|-) (\d+|-) (\d+) (\d+|-) (.*)$")
HEADER = "TIME OLD NEW GOID TID TGID WAKER REASON"


class Event:
    def __init__(self, line):
        match = LINE.match(line)
        assert match, f"not an event: {line!r}"
        self.line, self.time = line, match[1]
        assert [NAMES.get(int(match[i + 1])) == match[i] for i in (2, 4)] == [True, True], line
        self.old, self.new = int(match[3]), int(match[5])
        self.goid, self.tid, self.tgid, self.waker, self.reason = match[6], match[7], match[8], match[9], match[10]

    def seconds(self):
        """Of the day; a run over midnight goes on counting."""
        hours, minutes, seconds = self.time.split(":")
        of_the_day = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        return of_the_day if of_the_day > 60 else of_the_day + 86400


def parse(text):
    """(events, comment lines) of the output."""
    lines = text.split("\n")
    assert lines[0] == HEADER, lines[0]
    assert lines[-1] == "", f"the last line is not whole: {lines[-1]!r}"
    comments = [line for line in lines[1:-1] if line.startswith("#")]
    return [Event(line) for line in lines[1:-1] if not line.startswith("#")], comments
