# SPDX-License-Identifier: GPL-2.0-or-later
"""The model alone: what a refresh takes of goroutop's CPU when one goroutine in a thousand has moved."""

import subprocess

import build
import sizes
from table import Table

SIZES = (1_000, 10_000, 100_000, 1_000_000)


def model():
    """CPU time of each step, by the number of goroutines."""
    measured, all_sizes = [], sizes.up_to(*SIZES)
    for n in all_sizes:
        done = subprocess.run([f"{build.BUILD}/bench/model", str(n)], stdout=subprocess.PIPE, text=True, check=True)
        measured.append(dict(line.split("\t") for line in done.stdout.splitlines()))
    table = Table("A refresh of the model, CPU time in ms", [
        ("step", "s"), *((f"{n:,}", ".3f") for n in all_sizes)],
        "One goroutine in a thousand has moved; 'by …' is a picture of the first 60 in that order, for each column; "
        "'just chosen' the first one after another order, 'again' one when nothing has changed; "
        "'tree, others' when one in ten thousand has ended and as many have come.")
    for step in measured[0]:
        if step != "bytes":
            table.add(step, *(int(m[step]) / 1e6 for m in measured))
    table.add("bytes a goroutine", *(float(m["bytes"]) for m in measured))
    return table


BENCHES = [model]
