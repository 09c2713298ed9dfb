# SPDX-License-Identifier: GPL-2.0-or-later
"""The runtime's own word: on a server of ours, and on programs that nobody here wrote, from Debian's
packages, where they are installed. `make real` looks at those for longer."""

import re

from suite import test
import live
import oracles
import schema
import servers
import word

# As Go names functions: "go.etcd.io/etcd/raft.(*node).run", "main.init.0.func1", "iter.Pull[...]".
NAME = re.compile(r"^[\w./()*\[\]·~%-]+$")


def total(text):
    """The number in pprof's "goroutine profile: total 42"."""
    return int(re.match(r"goroutine profile: total (\d+)", text)[1])


@test(alone=True)
def a_server_with_pprof_agrees_on_the_number():
    """Ours between two of the runtime's own counts, which include the goroutine that answers."""
    with live.Process([live.golang.program("pprofd"), "-load", "4"]) as server:
        url = f"http://{server.out.next()}/debug/pprof/goroutine?debug=1"
        for _ in range(20):
            before = total(word.answer(url))
            picture = live.picture(server.pid, probes=True)
            after = total(word.answer(url))
            schema.check([picture])
            shown = picture["summary"]["goroutines"]
            # The goroutines of the request itself: its handler and what net/http keeps beside it.
            if before == after and before - 3 <= shown <= before:
                return
        raise AssertionError(f"pprof counts {before} and {after}, we {shown}")


@test(alone=True, timeout=120, each=lambda: list(oracles.SOURCES))
def the_runtimes_own_word_on_what_stands_still(source):
    oracles.second("stripped", sources=(source,))


@test(alone=True, timeout=120, each=lambda: list(servers.SERVERS))
def a_server_from_a_package(name):
    with servers.Server(name) as server:
        comparison, picture = word.compare(server.pid, server.url, "auto", rounds=2)
        schema.check([*comparison.stream.seen])
        assert picture["target"]["comm"] == name and picture["target"]["stripped"], picture["target"]
        odd = [r for r in picture["goroutines"] if not NAME.match(r["start"] or "")
               or r["goid"] != 1 and not NAME.match(r["created_by"]["function"])]
        assert not odd, odd[:3]
