# SPDX-License-Identifier: GPL-2.0-or-later
"""The scheduler of a live program, and the alarms: raised when they should be, and only then."""

import os
import re
import signal

from suite import Skip, test
import live
import privilege
import schema
from stall import Stall

PATIENCE = 30.0


def watch(pid, *arguments, probes=False):
    return live.Goroutop("-F", "json", "-d", "0.2", *arguments, "-p", pid, probes=probes)


def until(g, condition, what):
    return live.Pictures(g).until(condition, what, ("alarms", "scheduler"), PATIENCE)


def alarm(picture, kind):
    return next((a["text"] for a in picture["alarms"] if a["kind"] == kind), None)


@test
def while_all_is_well_there_is_no_alarm():
    with Stall("sleep") as target:
        seen = live.pictures(target.pid, "--source", "memory", n=4)
        schema.check(seen)
        assert not any(p["alarms"] for p in seen), [p["alarms"] for p in seen]


@test(alone=True)
def a_goroutine_that_holds_up_a_stop_of_the_world_is_named_with_its_line():
    for source in ("auto", "memory"):
        with Stall("stop", env={"GODEBUG": "asyncpreemptoff=1"}) as target:
            with watch(target.pid, "--source", source) as g:
                picture = until(g, lambda p: alarm(p, "stop") and "main.compute:" in alarm(p, "stop"),
                                "an alarm names the line")
            said = re.fullmatch(r"stopping the world for over ([\d.]+)(ms|s), held up by (\d+) "
                                r"\(main\.compute:\d+\)", alarm(picture, "stop"))
            assert said, picture["alarms"]
            held_up_by = int(said[3])
            guilty = next(g for g in picture["goroutines"] if g["goid"] == held_up_by)
            assert guilty["state"] == "running" and guilty["created_by"]["function"] == "main.main", guilty
            assert picture["scheduler"]["stopping"] is True
            assert held_up_by in [b["goid"] for b in picture["scheduler"]["busy"]], picture["scheduler"]


@test(alone=True)
def a_phase_of_the_collector_that_waits_for_a_goroutine_is_an_alarm_too():
    """From Go 1.20 on its wait reason tells. Whether the goroutine begins at the right moment is luck."""
    for _ in range(8):
        with Stall("mark", env={"GODEBUG": "asyncpreemptoff=1"}) as target:
            with watch(target.pid, "-n", "8") as g:
                seen = [live.parse(line) for line in iter(lambda: g.out.next(PATIENCE), None)]
        said = [alarm(p, "stop") or "" for p in seen]
        if any(re.fullmatch(r"GC mark termination for over [\d.]+m?s, held up by 1 \(main\.compute:\d+\)", s)
               for s in said):
            assert seen[-1]["scheduler"]["gc_phase"] == "mark", seen[-1]["scheduler"]
            return
    raise AssertionError(f"never: {said}")


@test
def the_age_of_a_stop_grows():
    with Stall("stop", env={"GODEBUG": "asyncpreemptoff=1"}) as target:
        with watch(target.pid, "--source", "memory") as g:
            until(g, lambda p: re.search(r"for over [2-9][\d.]*s", alarm(p, "stop") or ""),
                  "it has lasted for two seconds")


@test
def the_table_of_batch_mode_has_a_line_for_each_alarm():
    with Stall("stop", env={"GODEBUG": "asyncpreemptoff=1"}) as target:
        result = live.goroutop("-F", "table", "-n", "3", "-d", "0.2", "--source", "memory", "-p", target.pid)
        assert result.status == 0, result
        assert re.search(r"^! stopping the world for over ", result.out, re.MULTILINE), result


@test
def a_stopped_process_with_work_to_do_is_an_alarm_until_it_goes_on():
    with Stall("spin", "8", env={"GOMAXPROCS": "2"}) as target:
        with watch(target.pid, "--source", "memory") as g:
            until(g, lambda p: p["summary"]["running"] == 2, "it runs")
            target.signal(signal.SIGSTOP)
            picture = until(g, lambda p: alarm(p, "no_p_runs"), "an alarm says that nothing runs")
            assert re.fullmatch(r"\d goroutines? (is|are) runnable, but no P runs: the process is stopped",
                                alarm(picture, "no_p_runs")), picture["alarms"]
            target.signal(signal.SIGCONT)
            until(g, lambda p: not p["alarms"], "the alarm goes")


def off_cpu(picture):
    return picture["scheduler"]["off_cpu"]


@test
def threads_that_are_stopped_with_a_goroutine_are_off_cpu_until_they_go_on():
    for source in ("memory", "auto"):
        with Stall("spin", "8", env={"GOMAXPROCS": "2"}) as target:
            with watch(target.pid, "--source", source, probes=source == "auto") as g:
                until(g, lambda p: p["summary"]["running"] == 2 and not off_cpu(p), "it runs")
                target.signal(signal.SIGSTOP)
                picture = until(g, lambda p: len(off_cpu(p)) == 2, "both threads are off CPU")
                assert all(t["thread_state"] == "T" for t in off_cpu(picture)), off_cpu(picture)
                on_ps = {(p["thread"], p["goid"]) for p in picture["scheduler"]["ps"]}
                assert {(t["thread"], t["goid"]) for t in off_cpu(picture)} == on_ps, picture["scheduler"]
                running = {r["goid"] for r in picture["goroutines"] if r["state"] == "running"}
                assert {t["goid"] for t in off_cpu(picture)} == running, picture["goroutines"]
                target.signal(signal.SIGCONT)
                until(g, lambda p: not off_cpu(p), "they are on CPU again")


@test
def a_thread_that_sleeps_while_its_goroutine_is_to_run_is_off_cpu():
    with Stall("hold", env={"GOMAXPROCS": "2"}) as target:
        with watch(target.pid, "--source", "memory") as g:
            picture = until(g, off_cpu, "a thread is off CPU")
            assert len(off_cpu(picture)) == 1, off_cpu(picture)
            thread = off_cpu(picture)[0]
            row = next(r for r in picture["goroutines"] if r["goid"] == thread["goid"])
            assert row["start"] == "main.hold" and row["state"] == "running", row
            assert thread["thread_state"] == "S" and thread["thread"] == row["thread"], (thread, row)
            assert os.path.exists(f"/proc/{target.pid}/task/{thread['thread']}"), thread


@test
def ps_run_what_runs_and_queues_hold_the_rest():
    with Stall("spin", "12", env={"GOMAXPROCS": "3"}) as target:
        with watch(target.pid, "--source", "memory") as g:
            pictures = live.Pictures(g)

            def settled(p):
                s = p["scheduler"]
                queued = s["global_queue"] + sum(x["queue"] + (x["next"] is not None) for x in s["ps"])
                return (queued == 9 and all(x["status"] == "running" for x in s["ps"]) and
                        len({x["goid"] for x in s["ps"]} - {None}) == 3)

            picture = pictures.until(settled, "three run and nine stand in queues", ("scheduler",), PATIENCE)
            schema.check(pictures.seen)
            s = picture["scheduler"]
            assert s["gomaxprocs"] == 3 and s["idle_ps"] == 0 and s["stopping"] is False, s
            threads = {int(t) for t in os.listdir(f"/proc/{target.pid}/task")}
            assert {x["thread"] for x in s["ps"]} <= threads, (s["ps"], threads)
            assert s["ms"] <= len(threads) + 1, s
            assert {x["goid"] for x in s["ps"]} <= {x["goid"] for x in picture["goroutines"]}


@test
def ps_without_work_are_idle():
    with Stall("sleep", env={"GOMAXPROCS": "5"}) as target:
        with watch(target.pid, "--source", "memory") as g:
            picture = until(g, lambda p: p["scheduler"]["idle_ps"] == 5, "all are idle")
            s = picture["scheduler"]
            assert [x["status"] for x in s["ps"]] == ["idle"] * 5, s
            assert s["global_queue"] == 0 and s["spinning_ms"] == 0 and s["gc_phase"] == "off", s
            assert s["busy"] == [] and s["off_cpu"] == [], s


@test(alone=True)
def latencies_and_run_lengths_are_counted():
    with Stall("spin", "6", env={"GOMAXPROCS": "2"}) as target:
        with watch(target.pid, probes=True) as g:
            pictures = live.Pictures(g)
            live.wait_until(lambda: pictures.next()["scheduler"]["run"]["total_ns"]["count"] > 40,
                            "goroutines were switched", PATIENCE)
        schema.check(pictures.seen)
        last = pictures.seen[-1]["scheduler"]
        # Go lets a goroutine run for 10 ms before it preempts it: sysmon, forcePreemptNS.
        assert last["run"]["total_ns"]["p90"] > 5_000_000, last["run"]
        assert last["latency"]["total_ns"]["count"] > 10, last["latency"]


@test(timeout=180, each=lambda: ["go1.17.13", "go1.20.14", "go1.23.12", "go1.27.4"])
def every_release_has_its_scheduler_read(toolchain):
    with Stall("spin", "4", env={"GOMAXPROCS": "2"}, mode="stripped", toolchain=toolchain) as target:
        with watch(target.pid, "--source", "memory") as g:
            picture = until(g, lambda p: p["summary"]["running"] == 2 and all(
                x["status"] == "running" and x["goid"] for x in p["scheduler"]["ps"]), "it runs")
        s = picture["scheduler"]
        unknown = [name for name, value in s.items() if value is None]
        assert unknown == ["latency", "run"], unknown
        assert s["gomaxprocs"] == 2, s


# ---- cgroups -----------------------------------------------------------------------------------


class Cgroup:
    """A cgroup of our own with a bound; Skip (cgroup) where none can be made."""

    def __init__(self, cpus):
        privilege.need_root("to make a cgroup")
        self.v1 = os.path.exists("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") or os.path.exists(
            "/sys/fs/cgroup/cpu/tasks")
        self.path = os.path.join("/sys/fs/cgroup", "cpu" if self.v1 else "", f"goroutop-{os.getpid()}")
        try:
            os.mkdir(self.path)
            if self.v1:
                self.write("cpu.cfs_period_us", "20000")
                self.write("cpu.cfs_quota_us", str(int(cpus * 20000)))
            else:
                self.write("cpu.max", f"{int(cpus * 20000)} 20000")
        except OSError as wrong:
            self.remove()
            raise Skip("cgroup", f"none with a CPU bound can be made: {wrong}") from None

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w") as f:
            f.write(text)

    def prefix(self):
        """The words before a command that is to run in it."""
        return ["sh", "-c", f'echo $$ >{self.path}/cgroup.procs && exec "$@"', "sh"]

    def remove(self):
        try:
            os.rmdir(self.path)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        live.wait_until(lambda: self.remove() or not os.path.exists(self.path), "the cgroup is gone")


@test
def throttling_is_an_alarm():
    with Cgroup(0.5) as group:
        with Stall("spin", "4", prefix=group.prefix(), env={"GOMAXPROCS": "2"}) as target:
            with watch(target.pid, "--source", "memory") as g:
                picture = until(g, lambda p: alarm(p, "throttled"), "it is throttled")
                assert re.fullmatch(r"CPU throttled in \d+% of its periods by its cgroup "
                                    r"\(quota 0\.5, GOMAXPROCS 2\)", alarm(picture, "throttled")), picture
                assert alarm(picture, "gomaxprocs") is None, picture["alarms"]


@test
def more_ps_than_cpus_granted_are_an_alarm():
    with Cgroup(1.5) as group:
        with Stall("sleep", prefix=group.prefix(), env={"GOMAXPROCS": "8"}) as target:
            picture = live.picture(target.pid, "--source", "memory")
            assert alarm(picture, "gomaxprocs") == \
                "GOMAXPROCS is 8, but its cgroup grants 1.5 CPUs: set GOMAXPROCS=2", picture["alarms"]
