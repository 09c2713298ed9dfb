# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers that nobody here wrote, with net/http/pprof: how each is started, and where it answers."""

import contextlib
import os
import shutil
import socket
import sys
import tempfile

from suite import Skip
import build
import live
import word


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def etcd(path, port, pprof):
    client, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{free_port()}"
    return [path, "--data-dir", tempfile.mkdtemp(), "--enable-pprof", "--log-level", "error",
            "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"], port


def nats_server(path, port, pprof):
    return [path, "-p", port, "-a", "127.0.0.1", "-profile", pprof], pprof


def prometheus(path, port, pprof):
    folder = tempfile.mkdtemp()
    config = os.path.join(folder, "prometheus.yml")
    with open(config, "w") as f:
        f.write("global: {scrape_interval: 1s}\nscrape_configs:\n"
                f"- {{job_name: self, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}\n")
    return [path, f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"], port


SERVERS = {"etcd": etcd, "nats-server": nats_server, "prometheus": prometheus}


def find(name, folder=None):
    """Its path: below a folder that packages were unpacked in, or in PATH; or Skip by its name."""
    for place in ("usr/bin", "usr/sbin", "."):
        path = os.path.join(folder or "", place, name)
        if folder and os.access(path, os.X_OK):
            return path
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not path:
        raise Skip(name, "not installed")
    return path


class Server(live.Process):
    """One of them at free ports, ready to answer. url: its goroutines, as debug=2 tells them."""

    def __init__(self, name, folder=None):
        self.name, self.port = name, free_port()
        command, pprof = SERVERS[name](find(name, folder), self.port, free_port())
        super().__init__(command)
        self.url = f"http://127.0.0.1:{pprof}/debug/pprof/goroutine?debug=2"
        live.wait_until(lambda: word.answer(self.url, 2) or not self.alive(), f"{name} answers", 60)
        assert self.alive(), f"{name} ended: {self.err.text()[-2000:]}"


@contextlib.contextmanager
def load(server, clients):
    """Customers of a server for as long as the block lasts."""
    generator = os.path.join(build.ROOT, "tests/tools/load")
    with live.Process([sys.executable, generator, server.name, f"127.0.0.1:{server.port}",
                       "-c", clients]) as customers:
        yield customers
        assert customers.alive(), customers.err.text()
        customers.process.terminate()
        customers.end()
