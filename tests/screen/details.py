# SPDX-License-Identifier: GPL-2.0-or-later
"""The details of one goroutine on the screen: its stack, folded and not, its life, and what is written."""

import glob
import json
import os
import re
import tempfile
import time

from suite import test
import live
import stacks
from terminal import Screen, Terminal, fits, sizes


def goid_in(own, word):
    return next(g.goid for g in own.values() if word in g.text)


@sizes()
def the_stack_is_the_runtimes_own(size):
    with stacks.Stacks() as target:
        own = target.own()
        goid = goid_in(own, "main.callInlined")
        with Screen(target.pid, "-f", f"goid={goid}", width=size[0], height=size[1]) as s:
            s.wait(lambda _: len(s.rows()) == 1, "one row")
            s.keys("Enter")
            text = s.wait_for(r"▶ main\.innermost +\S*shapes\.go:\d+")
            places = re.findall(r"(main\.\w+(?:\.\w+)*) +\S*?(\w+\.go):(\d+)", text)
            wanted = [(f[0], os.path.basename(f[1]), str(f[2])) for f in own[goid].frames]
            assert [p for p in places if p in wanted] == wanted, (places, wanted)
            assert "runtime's, from runtime.gopark" in text and "runtime.chanrecv " not in text, text
            assert "created by main.init" in text, text
            assert fits(text, size[1]), text
            s.keys("u")
            s.wait_for(r"runtime\.gopark +\S*proc\.go:\d+")
            s.keys("u")
            s.wait_for("runtime's, from runtime.gopark")
            s.keys("Escape")
            s.wait(lambda _: len(s.rows()) == 1, "the table again")


@test(alone=True)
def a_deep_stack_scrolls_to_its_end():
    with stacks.Stacks() as target:
        own = target.own()
        deepest = max(own.values(), key=lambda g: len(g.text)).goid
        with Screen(target.pid, "-f", f"goid={deepest}", width=100, height=30) as s:
            s.wait(lambda _: len(s.rows()) == 1, "one row")
            s.keys("Enter")
            s.wait_for(r"main\.deep")
            s.keys("End")
            text = s.wait_for("latency")
            for _ in range(25):
                text = s.screen()
                assert "latency" in text, f"it has gone back by itself\n{text}"
                time.sleep(0.1)
            assert f"goroutine {deepest}" in text, "the headline stays"
            s.keys("Home")
            s.wait_for("▶")


@test(alone=True)
def its_life_goes_on_while_it_is_looked_at():
    with live.Oracle() as oracle:
        oracle.populate(sleep=1)
        goid = next(g["goid"] for g in oracle.truth()["goroutines"] if g["start"] == "main.waitSleep")
        with Screen(oracle.pid, "-f", f"goid={goid}", "-d", "0.3", width=80, height=40) as s:
            s.wait(lambda _: len(s.rows()) == 1, "one row")
            s.keys("Enter")
            strip = len(re.search(r"last 60s +(░+)", s.wait_for(r"last 60s +░+"))[1])
            s.wait(lambda t: (found := re.search(r"last 60s +(░+)", t)) and len(found[1]) > strip,
                   "the strip grows")
            for word in ("main.waitSleep", "sleep", "made by", "woken by", "waiting", "latency"):
                assert word in s.screen(), word


@test(alone=True)
def w_writes_the_details_and_the_snapshot():
    with stacks.Stacks() as target, tempfile.TemporaryDirectory() as folder:
        own = target.own()
        goid = goid_in(own, "main.callInlined")
        with Terminal(width=100, height=30) as s:
            s.shell(f"cd {folder}")
            s.start(live.program(), "-f", f"goid={goid}", "--source", "memory", "-p", target.pid)
            s.wait_for(rf"^ *{goid} waiting")
            s.keys("Enter")
            s.wait_for(r"▶ main\.innermost")
            s.keys("w")
            s.wait_for("wrote ")
            path = glob.glob(f"{folder}/goroutop-{target.pid}-*-{goid}.txt")[0]
            with open(path) as f:
                text = f.read()
            written = stacks.parse(text[text.index("\ngoroutine ") + 1:])
            assert written[goid].frames == own[goid].frames, text
            assert "# state" in text and "# where" in text, text
            s.keys("Escape")
            s.keys("w")
            s.wait_for(r"wrote .*json")
            with open(glob.glob(f"{folder}/*.json")[0]) as f:
                assert [g["goid"] for g in json.load(f)["goroutines"]] == [goid]
            with open(glob.glob(f"{folder}/*.stacks")[0]) as f:
                assert stacks.parse(f.read())[goid].frames == own[goid].frames
