# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that nobody here wrote, from Debian's packages, where they are installed; and the
runtime's own word on a server with net/http/pprof."""

import re
import socket
import tempfile
import urllib.request

from suite import test
import live
import schema


# As Go names functions: "go.etcd.io/etcd/raft.(*node).run", "main.init.0.func1", "iter.Pull[...]".
NAME = re.compile(r"^[\w./()*\[\]·~%-]+$")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.read().decode()
    except OSError:
        return None


def total(text):
    """The number in pprof's "goroutine profile: total 42"."""
    return int(re.match(r"goroutine profile: total (\d+)", text)[1])


def compare(pid, url):
    """Ours between two of the runtime's own counts, which include the goroutine that answers."""
    for _ in range(20):
        before = total(answers(url))
        picture = live.picture(pid, probes=True)
        after = total(answers(url))
        schema.check([picture])
        shown = picture["summary"]["goroutines"]
        # The goroutines of the request itself: its handler and what net/http keeps beside it.
        if before == after and before - 3 <= shown <= before:
            return picture
    raise AssertionError(f"pprof counts {before} and {after}, we {shown}")


def look_at_server(command, url, **more):
    with live.Process(command, **more) as server:
        live.wait_until(lambda: answers(url), f"{command[0]} answers", 60)
        picture = compare(server.pid, url)
        odd = [r for r in picture["goroutines"] if not NAME.match(r["start"] or "")
               or r["goid"] != 1 and not NAME.match(r["created_by"]["function"])]
        assert not odd, odd[:3]
        return picture


@test(alone=True)
def a_server_with_pprof_agrees_on_the_number():
    with live.Process([live.golang.program("pprofd"), "-load", "4"]) as server:
        url = f"http://{server.out.next()}/debug/pprof/goroutine?debug=1"
        compare(server.pid, url)


@test(alone=True, each=lambda: [0, 3], call=lambda n: f"{n} customers")
def the_runtimes_own_word_on_what_stands_still(customers):
    with live.Process([live.golang.program("pprofd", "stripped"), "-load", customers]) as server:
        base = f"http://{server.out.next()}/debug/pprof/goroutine?debug=2"
        with live.Goroutop("-F", "json", "-d", "0.3", "-p", server.pid, probes=True) as g:
            stream = live.Pictures(g)
            stream.next()
            begun = live.time.monotonic()
            before = dict(blocks(answers(base)))
            stream.next_from(live.time.monotonic())
            rows = {r["goid"]: r for r in stream.next()["goroutines"]}
            took = (live.time.monotonic() - begun) * 1e9
            after = dict(blocks(answers(base)))
        # What stands where it stood may have moved in between: its age tells.
        still = [goid for goid in before if after.get(goid) == before[goid]
                 and (goid not in rows or rows[goid]["age_ns"] > took)]
        assert len(still) >= 50, len(still)
        wrong = [w for goid in still for w in disagreement(before[goid], rows.get(goid))]
        assert not wrong, "\n".join(wrong[:20])


def blocks(text):
    for block in text.split("\n\n"):
        match = re.match(r"goroutine (\d+)[^\[]*\[", block)
        if match:
            yield int(match[1]), re.sub(r", \d+ minutes", "", block)


def disagreement(block, row):
    says = re.match(r"goroutine (\d+)[^\[]*\[([^\],]*)", block)
    if row is None:
        yield f"{says[1]} is not shown"
        return
    if says[2] not in (row["reason"], row["state"]):
        yield f"{says[1]}: the runtime says {says[2]}, we {row['state']}, {row['reason']}"
    creator = re.search(r"^created by (.*?)(?: in goroutine \d+)?\n\t(.*):(\d+)", block, re.MULTILINE)
    if creator:
        site = row["created_by"] or {}
        if (site.get("function"), site.get("file"), site.get("line")) != (creator[1], creator[2], int(creator[3])):
            yield f"{says[1]}: created by {creator.groups()}, we say {site}"


@test(alone=True, timeout=120)
def etcd():
    path, port, peer = live.need("etcd"), free_port(), free_port()
    client = f"http://127.0.0.1:{port}"
    picture = look_at_server(
        [path, "--data-dir", tempfile.mkdtemp(), "--enable-pprof", "--log-level", "error",
         "--listen-client-urls", client, "--advertise-client-urls", client,
         "--listen-peer-urls", f"http://127.0.0.1:{peer}"], f"{client}/debug/pprof/goroutine?debug=1")
    assert picture["target"]["comm"] == "etcd" and picture["target"]["stripped"], picture["target"]


@test(alone=True, timeout=120)
def nats():
    path, port, web = live.need("nats-server"), free_port(), free_port()
    picture = look_at_server([path, "-p", port, "-profile", web, "-a", "127.0.0.1"],
                             f"http://127.0.0.1:{web}/debug/pprof/goroutine?debug=1")
    assert picture["target"]["comm"] == "nats-server", picture["target"]
