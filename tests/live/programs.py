# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that nobody here wrote, from Debian's packages, where they are installed; and the
runtime's own word on a server with net/http/pprof."""

import re
import socket
import tempfile
import urllib.request

from suite import test
import live
import oracles
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


@test(alone=True, timeout=120, each=lambda: list(oracles.SOURCES))
def the_runtimes_own_word_on_what_stands_still(source):
    oracles.second("stripped", sources=(source,))


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
