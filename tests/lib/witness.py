# SPDX-License-Identifier: GPL-2.0-or-later
"""The Go program that keeps a log of when its goroutines wait and run (tests/targets/witness)."""

import json
import statistics
import time

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

    def log_beyond(self, moment):
        """The log of each of its goroutines, as soon as it goes beyond that time."""

        def look():
            logs = [Log(told) for told in self.ask("log")["Loggers"]]
            return logs if all(log.until > moment for log in logs) else None

        return live.wait_until(look, "the log goes so far", 30)


# ---- rows before the log -----------------------------------------------------------------------

MS = 10 ** 6
NEAR = 50 * MS  # between a stamp and the transition that it stands for
# A row from memory is as old as the look that a refresh waits for; and its age is one of samples.
LOOK, SAMPLES = 300 * MS, 600 * MS


class Log:
    """What one goroutine wrote of itself, in ns of CLOCK_MONOTONIC: (from, to)."""

    def __init__(self, told):
        self.goid, self.kind = told["Goid"], told["Kind"]
        waits = told["Waits"] or []
        self.waits = [(w["Park"], w["Ran"]) for w in waits]
        self.asleep = [(w["Park"], w["Woken"]) for w in waits]  # that long nobody had woken it
        self.queued = [(w["Woken"], w["Ran"]) for w in waits]
        ends = [told["Begin"], *(w["Ran"] for w in waits)]
        self.runs = list(zip(ends, [w["Park"] for w in waits]))
        self.until = ends[-1]
        self.latest = max([told["Gap"], *(b - a for a, b in self.queued)])

    def row_problems(self, row, at):
        """What the log contradicts in a row of a picture of that time."""
        stale = NEAR if row["age_bound"] == "exact" else LOOK
        spans = {"waiting": self.waits, "running": self.runs, "runnable": self.queued + self.runs}[row["state"]]
        spans = [s for s in spans if s[0] - NEAR <= at <= s[1] + stale]
        if not spans:
            yield f"{row['state']} at {at}"
        elif not any(self.may_begin(row, at - row["age_ns"], s) for s in spans):
            yield f"{row['state']} at {at} since {at - row['age_ns']} ({row['age_bound']}), truly of {spans}"

    @staticmethod
    def may_begin(row, since, span):
        """Whether its age may be of that stretch of its life. Who runs or is to may have been preempted, and
        then does it since later."""
        near = SAMPLES if row["age_bound"] == "about" else NEAR
        if since < span[0] - near:
            return False
        return row["age_bound"] == "min" or row["state"] != "waiting" or since <= span[0] + near

    def times_problems(self, row, begun, at):
        """What it contradicts in the times that were counted between two moments."""
        waits, runs = total(self.waits, begun, at), total(self.runs, begun, at)
        rest = row["unknown_ns"] + NEAR
        if row["waiting_ns"] > waits + NEAR:
            yield f"waiting_ns {row['waiting_ns']}, truly {waits}"
        if row["running_ns"] > runs + NEAR:
            yield f"running_ns {row['running_ns']}, truly {runs}"
        if row["waiting_ns"] + rest < total(self.asleep, begun, at):
            yield f"waiting_ns {row['waiting_ns']} and {row['unknown_ns']} unknown, truly more than " \
                f"{total(self.asleep, begun, at)}"
        if row["running_ns"] + row["runnable_ns"] + rest < runs:
            yield f"running_ns {row['running_ns']}, runnable_ns {row['runnable_ns']} and {row['unknown_ns']} " \
                f"unknown, truly {runs}"
        if (row["max_sched_latency_ns"] or 0) > self.latest + NEAR / 2:
            yield f"max_sched_latency_ns {row['max_sched_latency_ns']}, truly {self.latest} at most"

    def problems(self, row, begun, at):
        for problem in (*self.row_problems(row, at), *self.times_problems(row, begun, at)):
            yield f"{self.kind} {self.goid}: {problem}"


def total(spans, begun, at):
    return sum(max(0, min(b, at) - max(a, begun)) for a, b in spans)


def monotonic(pictures):
    """When each was made, and when their goroutop attached: ns of CLOCK_MONOTONIC. Their `time` has
    milliseconds, and is cut; elapsed_ns is exact."""
    offset = time.time_ns() - time.monotonic_ns()
    begun = statistics.median(live.made(p) * 1e9 - offset - p["elapsed_ns"] for p in pictures) + MS / 2
    return begun, [begun + p["elapsed_ns"] for p in pictures]
