# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel that lacks what probes need: one clear message, and what goes on without them."""

from suite import test
import golang
import kernel_without
import live
import oracles
import privilege
import schema
import truth

KERNELS = {
    "bpf": (kernel_without.bpf, "CONFIG_BPF_SYSCALL"),
    "ring buffer": (kernel_without.ring_buffer, "ring buffer"),
    "perf events": (kernel_without.perf_events, "CONFIG_PERF_EVENTS"),
    "uprobes": (kernel_without.uprobes, "CONFIG_UPROBE_EVENTS"),
}


def without(part):
    """How goroutop is started on such a kernel, and what it must say of it."""
    privilege.for_probes()
    privilege.need_root("to have probes but for what the kernel lacks")
    how, says = KERNELS[part]
    return how(), says


def hold_one_line(text, *words):
    assert len(text.splitlines()) == 1, text
    for word in words:
        assert word in text, f"{word!r} is not in: {text}"


def attached(pid):
    """What a goroutop has of probes: BPF objects, and the process that holds them."""
    return [link for link in live.descriptors(pid) if "bpf" in link] + live.children(pid)


@test(alone=True, each=lambda: list(KERNELS))
def it_goes_on_from_memory_and_attaches_nothing(part):
    kernel, says = without(part)
    with live.Oracle() as oracle:
        oracle.populate(**oracles.population(oracle, 2))
        with live.Goroutop("-F", "json", "-n", "5", "-d", "0.2", "-p", oracle.pid, **kernel) as g:
            stream = live.Pictures(g)
            truth.hold(oracle.truth(), stream.next())
            assert not attached(g.pid), attached(g.pid)
            assert g.end() == 0, g.err.text()
            schema.check(stream.seen)
            assert stream.seen[0]["source"]["mode"] == "memory", stream.seen[0]["source"]
            assert stream.seen[0]["source"]["probe"] is None, stream.seen[0]["source"]
            hold_one_line(g.err.text(), "memory only", says)


@test(alone=True, each=lambda: list(KERNELS))
def what_needs_probes_is_refused(part):
    kernel, says = without(part)
    with live.Actor("forever") as actor:
        for options in (["-F", "json", "--source", "probe"], ["-F", "events"]):
            live.one_line(live.goroutop(*options, "-n", "1", "-p", actor.pid, **kernel), 3, says)


@test(alone=True, each=lambda: list(KERNELS))
def a_command_runs_all_the_same(part):
    kernel, says = without(part)
    out = live.scratch_file(0)
    result = live.goroutop("-F", "json", "-d", "0.1", "-o", out, "--", golang.program("actor"), "goroutines:3",
                           "sleep:700ms", "exit:7", **kernel)
    assert result.status == 7 and result.out == "", result
    hold_one_line(result.err, "memory only", says)
    with open(out) as f:
        seen = live.Result(0, f.read(), "").objects()
    schema.check(seen)
    assert max(p["summary"]["goroutines"] for p in seen) == 4, [p["summary"] for p in seen]
