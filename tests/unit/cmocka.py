# SPDX-License-Identifier: GPL-2.0-or-later
"""Every test of every cmocka program, as it is and under the sanitizers."""

import os
import re
import subprocess

from suite import Outcome, test
import build

RESULT = re.compile(r"^(ok|not ok) \d+ - (.*)$")
SKIPPED = re.compile(r"^(?:not )?ok \d+ # SKIP (.*)$")


def reasons(done):
    """Why tests were skipped, in their order: cmocka has no words for it, so they stand on stderr, each
    as "skipped: WHY"; a program that does not say it each time says it for none."""
    told = re.findall(r"^skipped: (.*)$", done.stderr, re.MULTILINE)
    skips = len(re.findall(r"# SKIP ", done.stdout))
    return iter(told if len(told) == skips else ["the test says so"] * skips)


def results(name, done):
    """The outcomes that a program reports in TAP; and its own, when that does not end well."""
    outcomes, why = [], reasons(done)
    for line in done.stdout.split("\n"):
        match, skipped = RESULT.match(line), SKIPPED.match(line)
        if skipped:
            sentence = skipped[1].replace("_", " ")
            outcomes.append(Outcome(f"{name}: {sentence}", "skipped", next(why), "unit"))
        elif match:
            status = "passed" if match[1] == "ok" else "failed"
            outcomes.append(Outcome(f"{name}: {match[2].replace('_', ' ')}", status))
        elif outcomes and outcomes[-1].status == "failed":
            outcomes[-1].detail += line + "\n"
    plan = re.search(r"^1\.\.(\d+)$", done.stdout, re.MULTILINE)
    planned = int(plan[1]) if plan else -1
    failed = [o for o in outcomes if o.status == "failed"]
    if failed:
        failed[-1].detail += done.stderr[-2000:]
    if planned != len(outcomes) or (done.returncode != 0 and not failed):
        outcomes.append(Outcome(f"{name}: runs to its end", "failed",
                                f"{planned} planned, {len(outcomes)} ran, status {done.returncode}\n"
                                + done.stdout + done.stderr))
    return outcomes


@test(timeout=300, each=lambda: [(f, u) for f in ("gcc", "asan") for u in build.unit_programs()],
      call=lambda pair: f"{pair[1]}, {pair[0]}")
def unit_tests(pair):
    flavour, unit = pair
    build.make(flavour, f"unit/{unit}")
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", UBSAN_OPTIONS="print_stacktrace=1")
    done = subprocess.run([f".build/{flavour}/unit/{unit}"], env=environment, cwd=build.ROOT,
                          capture_output=True, text=True, errors="replace")
    yield from results(f"unit/{unit}" + (" (asan)" if flavour == "asan" else ""), done)
