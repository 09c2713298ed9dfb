# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds goroutop's rows against what the oracle knows."""

import golang

WAITS = {
    # What the oracle's kinds wait for, by their start function; (minor, reason): from that Go on.
    "main.waitChanReceive": [(17, "chan receive")],
    "main.waitChanSend": [(17, "chan send")],
    "main.waitNilReceive": [(17, "chan receive (nil chan)")],
    "main.waitNilSend": [(17, "chan send (nil chan)")],
    "main.waitSelect": [(17, "select")],
    "main.waitSelectNone": [(17, "select (no cases)")],
    "main.waitMutex": [(17, "semacquire"), (20, "sync.Mutex.Lock")],
    "main.waitReadLock": [(17, "semacquire"), (20, "sync.RWMutex.RLock")],
    "main.waitWriteLock": [(17, "semacquire"), (20, "sync.RWMutex.Lock")],
    "main.waitWaitGroup": [(17, "semacquire"), (24, "sync.WaitGroup.Wait")],
    "main.waitCond": [(17, "sync.Cond.Wait")],
    "main.waitSleep": [(17, "sleep")],
    "main.waitTimer": [(17, "chan receive")],
    "main.waitNetRead": [(17, "IO wait")],
    "main.waitPollRead": [(17, "IO wait")],
    "main.waitLocked": [(17, "chan receive")],
    "main.waitLabelled": [(17, "chan receive")],
    "main.startClosure.func1": [(17, "chan receive")],
    "main.waitWrapped": [(17, "chan receive")],
    "main.(*server).handle": [(17, "chan receive")],
    "iter.Pull[...].func1": [(23, "coroutine")],
    "main.waitInside": [(23, "coroutine")],
    "main.standInside": [(23, "chan receive")],
    "main.waitExtra": [(17, "chan receive")],
}

# runtime.goexit is all that stands on the stack of a thread of C's that has come back from Go (1.21).
SYSCALLS = ("main.waitSyscall", "main.waitFileRead", "main.waitLockedSyscall", "main.waitCgo", "runtime.goexit")
EXTRA = ("main.waitExtra", "runtime.goexit")
SPINS = "main.spin"


def designed(told, go):
    """(states, reason) that a goroutine must show, by where it started; reason None: has none."""
    start = told["start"]
    if any(f["function"] == "main.standInside" for f in told["frames"]):
        start = "main.standInside"
    if start == "main.main" and told.get("waits for its turn"):
        return ("syscall", "running", "runnable"), None
    if start in SYSCALLS or start == "main.main":  # the main goroutine reads the next command
        return ("syscall",), None
    if start == SPINS:
        return ("running", "runnable"), None
    reason = None
    for since, text in WAITS[start]:
        if golang.minor(go) >= since:
            reason = text
    return ("waiting",), reason


def start_matches(shown, told, created):
    """`go f(x)` starts a wrapper, which tracebacks leave out: it is named after the creator. A
    coroutine starts in runtime.corostart. Goroutine 1 starts in runtime.main."""
    if told == "main.main":
        return shown == "runtime.main"
    if told.startswith("iter.Pull"):
        return shown == "runtime.corostart"
    if told in EXTRA:
        return shown == "(C thread)"
    if told in ("main.waitWrapped", "main.(*server).handle"):
        creator = created["function"]
        return shown.startswith((creator + ".func", creator + ".gowrap", creator + "·dwrap"))
    return shown == told


def differences(truth, rows):
    """What is wrong in rows (goroutines of one JSON object, without the runtime's own)."""
    wrong = []
    told = {g["goid"]: g for g in truth["goroutines"]}
    shown = {r["goid"]: r for r in rows}
    wrong += [f"goroutine {i} is not shown: {told[i]['start']}" for i in told.keys() - shown.keys()]
    wrong += [f"a ghost: {shown[i]}" for i in shown.keys() - told.keys()]
    for goid in told.keys() & shown.keys():
        wrong += [f"goroutine {goid} ({told[goid]['start']}): {p}"
                  for p in row_problems(told[goid], shown[goid], truth["go"])]
    return wrong


def row_problems(told, row, go):
    states, reason = designed(told, go)
    if row["state"] not in states:
        yield f"state {row['state']}, truly {'/'.join(states)}"
    if reason and row["reason"] != reason:
        yield f"reason {row['reason']!r}, truly {reason!r}"
    if reason and told["says"] != reason:
        yield f"the runtime says {told['says']!r}, the test expects {reason!r}"
    if not start_matches(row["start"], told["start"], told["created_by"]):
        yield f"start {row['start']}, truly {told['start']}"
    if row["created_by"] != told["created_by"]:
        yield f"created by {row['created_by']}, truly {told['created_by']}"
    if told["parent"] is not None and row["parent"] != told["parent"]:
        yield f"parent {row['parent']}, truly {told['parent']}"
    if row["system"]:
        yield "is taken for the runtime's own"
    yield from thread_problems(told, row, states)


def thread_problems(told, row, states):
    if told["locked"]:
        if row["locked_thread"] != told["thread"]:
            yield f"locked to {row['locked_thread']}, truly to {told['thread']}"
        if row["state"] == "syscall" and row["thread"] != told["thread"]:
            yield f"on thread {row['thread']}, truly on {told['thread']}"
    elif row["locked_thread"] is not None:
        yield f"locked to {row['locked_thread']}, truly to none"
    if states == ("syscall",) and row["thread"] is None:
        yield "in a system call on no thread"
    if states == ("waiting",) and row["thread"] is not None:
        yield f"waits, but on thread {row['thread']}"


def hold(truth, picture, who=""):
    """Holds that a JSON object shows exactly what the oracle told."""
    wrong = differences(truth, picture["goroutines"])
    if picture["summary"]["goroutines"] != truth["count"]:
        wrong.append(f"{picture['summary']['goroutines']} goroutines, runtime.NumGoroutine() says {truth['count']}")
    assert not wrong, who + "\n".join(sorted(wrong)[:40])
