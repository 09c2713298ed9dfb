# SPDX-License-Identifier: GPL-2.0-or-later
"""Schema goroutop/1: every key, every type, what may be null, and what must hold between fields."""

import datetime
import re

NULL = type(None)
COUNT = ("count",)  # an integer ≥ 0
STATES = ("runnable", "running", "syscall", "waiting", "copystack", "preempted", "leaked", "deadextra")


class OneOf:
    def __init__(self, *values):
        self.values = values


def maybe(kind):
    return ("maybe", kind)


def array(kind):
    return ("array", kind)


SITE = {"function": maybe(str), "file": maybe(str), "line": maybe(COUNT)}

GOROUTINE = {
    "goid": COUNT,
    "state": OneOf(*STATES),
    "age_ns": maybe(COUNT),
    "age_bound": maybe(OneOf("exact", "min", "about")),
    "reason": maybe(str),
    "thread": maybe(COUNT),
    "processor": maybe(COUNT),
    "start": maybe(str),
    "created_by": maybe(SITE),
    "where": maybe(SITE),
    "where_bound": maybe(OneOf("exact", "about")),
    "parent": maybe(COUNT),
    "waker": maybe(COUNT),
    "system": bool,
    "locked_thread": maybe(COUNT),
    "transitions": maybe(COUNT),
    "switches": maybe(COUNT),
    "observed_ns": maybe(COUNT),
    "running_ns": maybe(COUNT),
    "runnable_ns": maybe(COUNT),
    "waiting_ns": maybe(COUNT),
    "syscall_ns": maybe(COUNT),
    "unknown_ns": maybe(COUNT),
    "max_sched_latency_ns": maybe(COUNT),
    "labels": maybe(dict),
    "waits_on": maybe(list),
}

WAIT_KINDS = {
    "chan": {"used": maybe(COUNT), "capacity": maybe(COUNT), "receivers": COUNT, "senders": COUNT},
    "mutex": {"locked": bool, "starving": bool},
    "rwmutex": {"locked": bool, "writer": bool},
    "waitgroup": {"counter": maybe(COUNT)},
    "semaphore": {},
    "cond": {},
    "fd": {"fd": maybe(COUNT), "network": maybe(str), "local": maybe(str), "remote": maybe(str)},
    "timer": {},
    "nothing": {},
}
WAYS = (None, "receive", "send", "read", "write", "lock", "rlock", "wait")

PROBE = {
    "site": str,
    "sites": COUNT,
    "instruction": str,
    "cost": OneOf("emulated", "single-step"),
    "ns_per_hit": maybe(float),
    "attached_pct": maybe(float),
}

SOURCE = {
    "mode": OneOf("probe+memory", "probe", "memory", "replay"),
    "probe": maybe(PROBE),
    "transitions": maybe(COUNT),
    "transitions_per_s": maybe(float),
    "lost": maybe(COUNT),
    "map_full": maybe(COUNT),
    "unread": maybe(COUNT),
    "missed": maybe(COUNT),
    "torn": maybe(COUNT),
    "corrected": maybe(COUNT),
    "bypassed": maybe(COUNT),
    "overhead_pct": maybe(float),
    "self_cpu_pct": maybe(float),
}

SUMMARY = {
    "goroutines": COUNT,
    "system": COUNT,
    "running": COUNT,
    "runnable": COUNT,
    "waiting": COUNT,
    "syscall": COUNT,
    "other": COUNT,
    "created": maybe(COUNT),
    "ended": maybe(COUNT),
    "sched_latency_ns": maybe({"count": COUNT, "p50": maybe(COUNT), "p90": maybe(COUNT),
                               "p99": maybe(COUNT), "max": maybe(COUNT)}),
}

TARGET = {
    "pid": COUNT,
    "comm": str,
    "exe": str,
    "go_version": maybe(str),
    "arch": OneOf("amd64", "arm64"),
    "stripped": bool,
    "layout": OneOf("dwarf", "table", "matched", "calibrated"),
    "threads": maybe(COUNT),
    "gomaxprocs": maybe(COUNT),
    "exited": bool,
}

THREAD_STATE = OneOf(None, *"RSDTtZXIPWK")
RUNNING = {"goid": maybe(COUNT), "age_ns": maybe(COUNT), "age_bound": maybe(OneOf("exact", "min", "about"))}
THREAD = {"m": maybe(COUNT), "thread": maybe(COUNT), "thread_state": THREAD_STATE, **RUNNING}
BUCKET = {"from_ns": COUNT, "count": COUNT}
PERCENTILES = {"count": COUNT, "p50": maybe(COUNT), "p90": maybe(COUNT), "p99": maybe(COUNT)}
SPREAD = {"total_ns": PERCENTILES, "interval_ns": maybe(PERCENTILES), "total": array(BUCKET),
          "interval": maybe(array(BUCKET))}

SCHEDULER = {
    "gomaxprocs": maybe(COUNT),
    "idle_ps": maybe(COUNT),
    "ms": maybe(COUNT),
    "idle_ms": maybe(COUNT),
    "spinning_ms": maybe(COUNT),
    "global_queue": maybe(COUNT),
    "gc_phase": OneOf(None, "off", "mark", "mark termination"),
    "stopping": maybe(bool),
    "ps": maybe(array({"id": COUNT, "status": OneOf("idle", "running", "syscall", "gcstop", "dead"),
                       "queue": maybe(COUNT), "next": maybe(COUNT), **THREAD})),
    "off_cpu": array(THREAD),
    "busy": array(THREAD),
    "latency": maybe(SPREAD),
    "run": maybe(SPREAD),
}

PICTURE = {
    "schema": OneOf("goroutop/1"),
    "time": str,
    "elapsed_ns": COUNT,
    "target": TARGET,
    "source": SOURCE,
    "summary": SUMMARY,
    "alarms": array({"kind": OneOf("stop", "no_p_runs", "throttled", "gomaxprocs"), "text": str}),
    "scheduler": maybe(SCHEDULER),
    "goroutines": array(GOROUTINE),
}

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def problems(value, kind, at="$"):
    """What is wrong with a value, as texts."""
    if isinstance(kind, OneOf):
        return [] if value in kind.values else [f"{at}: {value!r} is none of {kind.values}"]
    if isinstance(kind, tuple) and kind[0] == "maybe":
        return [] if value is None else problems(value, kind[1], at)
    if isinstance(kind, tuple) and kind[0] == "array":
        if not isinstance(value, list):
            return [f"{at}: {value!r} is no array"]
        return [p for i, item in enumerate(value) for p in problems(item, kind[1], f"{at}[{i}]")]
    if kind is COUNT:
        good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return [] if good else [f"{at}: {value!r} is no integer ≥ 0"]
    if kind is float:
        good = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
        return [] if good else [f"{at}: {value!r} is no number ≥ 0"]
    if isinstance(kind, dict):
        return object_problems(value, kind, at)
    return [] if isinstance(value, kind) else [f"{at}: {value!r} is no {kind.__name__}"]


def object_problems(value, kind, at):
    if not isinstance(value, dict):
        return [f"{at}: {value!r} is no object"]
    wrong = [f"{at}: {key} is missing" for key in kind if key not in value]
    wrong += [f"{at}: {key} is not in the schema" for key in value if key not in kind]
    for key in kind:
        if key in value:
            wrong += problems(value[key], kind[key], f"{at}.{key}")
    return wrong


def consistent(picture, counted=None):
    """What must hold between the fields of one object. counted: whether transitions are, or were before;
    None: as long as there are probes."""
    wrong = []
    summary = picture["summary"]
    total = sum(summary[k] for k in ("running", "runnable", "waiting", "syscall", "other"))
    if total != summary["goroutines"]:
        wrong.append(f"the states add up to {total} of {summary['goroutines']} goroutines")
    if not TIME.match(picture["time"]):
        wrong.append(f"time: {picture['time']!r}")
    else:
        datetime.datetime.strptime(picture["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
    probing = picture["source"]["mode"].startswith("probe")
    counted = probing if counted is None else counted
    if (picture["source"]["transitions"] is not None) != counted:
        wrong.append(f"{picture['source']['transitions']} transitions, counted {counted}")
    if probing != (picture["source"]["probe"] is not None):
        wrong.append(f"mode {picture['source']['mode']}, probe {picture['source']['probe']}")
    goids = [g["goid"] for g in picture["goroutines"]]
    if len(set(goids)) != len(goids):
        wrong.append("a goid is there twice")
    if 0 in goids:
        wrong.append("goid 0 is there")
    wrong += scheduler_problems(picture["scheduler"], counted)
    for g in picture["goroutines"]:
        wrong += [f"goroutine {g['goid']}: {p}" for p in goroutine_problems(g, probing, counted)]
    return wrong


def scheduler_problems(scheduler, counted):
    if scheduler is None:
        return
    if scheduler["ps"] is not None and [p["id"] for p in scheduler["ps"]] != list(range(scheduler["gomaxprocs"])):
        yield f"GOMAXPROCS is {scheduler['gomaxprocs']}, the Ps are {scheduler['ps']}"
    for name in ("latency", "run"):
        spread = scheduler[name]
        if (spread is not None) != counted:
            yield f"{name} is {spread} with transitions counted {counted}"
        for part in ("total", "interval") if spread else ():
            buckets, sums = spread[part], spread[f"{part}_ns"]
            if buckets is not None and sum(b["count"] for b in buckets) != sums["count"]:
                yield f"{name}: the buckets of {part} do not add up to {sums['count']}"


def goroutine_problems(g, probing, counted):
    if (g["age_ns"] is None) != (g["age_bound"] is None):
        yield f"age {g['age_ns']}, bound {g['age_bound']}"
    if g["age_bound"] == "exact" and not probing:
        yield "an exact age without probes"
    if not counted and g["transitions"] is not None:
        yield "transitions counted without probes"
    times = [g[k] for k in ("running_ns", "runnable_ns", "waiting_ns", "syscall_ns", "unknown_ns")]
    if g["observed_ns"] is not None and g["observed_ns"] != sum(t or 0 for t in times):
        yield f"observed {g['observed_ns']}, but the times are {times}"
    if g["labels"] and not all(isinstance(v, str) for v in g["labels"].values()):
        yield f"labels {g['labels']}"
    if g["state"] not in ("waiting", "leaked") and g["waits_on"] != []:
        yield f"{g['state']}, but waits on {g['waits_on']}"
    for on in g["waits_on"] or []:
        yield from wait_problems(on)


def wait_problems(on):
    """An object that a goroutine waits on; what is not known of a lock is left out."""
    more = WAIT_KINDS.get(on["kind"])
    yield from problems(on["address"], maybe(str), f"waits on {on}")
    if more is None or on["way"] not in WAYS or (on["address"] is None) != (on["kind"] == "nothing"):
        yield f"waits on {on}"
        return
    for key, value in on.items():
        if key in ("kind", "address", "way"):
            continue
        if key == "due_ns" and on["kind"] in ("chan", "timer"):
            yield from problems(value, int, f"waits on {on}: {key}")
        elif key not in more:
            yield f"waits on {on}: {key}"
        else:
            yield from problems(value, more[key], f"waits on {on}: {key}")


def over_time(pictures):
    """What must hold between successive objects: time goes on, counters never fall, nor are they forgotten."""
    wrong = []
    for before, after in zip(pictures, pictures[1:]):
        if after["elapsed_ns"] <= before["elapsed_ns"]:
            wrong.append(f"elapsed_ns {before['elapsed_ns']} → {after['elapsed_ns']}")
        for part, names in (("source", ("transitions", "lost", "map_full", "unread", "missed", "torn",
                                        "corrected", "bypassed")), ("summary", ("created", "ended"))):
            for name in names:
                first, second = before[part][name], after[part][name]
                if first is not None and (second is None or second < first):
                    wrong.append(f"{part}.{name} fell from {first} to {second}")
        first, second = (p["summary"]["sched_latency_ns"] for p in (before, after))
        if first and second and second["count"] < first["count"]:
            wrong.append(f"sched_latency_ns.count fell from {first['count']} to {second['count']}")
    return wrong


def first_object_problems(first):
    """Rates and percentiles cover the last interval: the first object has none."""
    wrong = []
    for name in ("transitions_per_s", "overhead_pct"):
        if first["source"][name] is not None:
            wrong.append(f"{name} is {first['source'][name]} in the first object")
    latency = first["summary"]["sched_latency_ns"] or {}
    wrong += [f"{p} is known in the first object" for p in ("p50", "p90", "p99") if latency.get(p) is not None]
    return wrong


def check(pictures):
    """Holds that a run's objects are of the schema."""
    assert pictures, "there is no object to hold against the schema"
    wrong, counted = [], False
    for i, picture in enumerate(pictures):
        found = problems(picture, PICTURE)
        # What probes have counted stays known once they are given up.
        counted = counted or not found and picture["source"]["probe"] is not None
        wrong += [f"object {i}: {p}" for p in (found or consistent(picture, counted))]
    if not wrong:
        wrong = first_object_problems(pictures[0]) + over_time(pictures)
    assert not wrong, "\n".join(wrong[:40])
