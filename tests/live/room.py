# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's table grows with the target."""

from suite import test
import live


@test(alone=True, timeout=120)
def a_table_too_small_grows_with_the_target():
    """Fifty times as many goroutines as there is room for: the first may not fit; then all do."""
    room, steps = 20, [f"goroutines:{n}" for n in (10, 20, 70, 300, 600)]
    script = [step for one in steps for step in (one, "sleep:300ms")]
    with live.Actor("wait", *script, "out:grown", "churn:1h") as actor:
        with live.Goroutop("-F", "json", "-d", "0.2", "--max-goroutines", room, "--max-overhead", 0, "-p", actor.pid,
                           probes=True) as g:
            stream = live.Pictures(g)
            stream.next()
            actor.process.stdin.close()
            live.wait_until(lambda: "grown" in actor.out.text(), "a thousand goroutines are there")
            full = stream.fresh()["source"]["map_full"]
            end = live.time.monotonic() + 60
            while True:
                for _ in range(5):
                    picture = stream.next()
                now = picture["source"]["map_full"]
                if now == full and picture["source"]["transitions"] > 1000:
                    break
                assert live.time.monotonic() < end, f"map_full still grows: {now}"
                full = now
            waiting = [r for r in picture["goroutines"] if r["reason"] == "chan receive"]
            assert len(waiting) >= 1000, len(waiting)
            assert all(r["state"] == "waiting" for r in waiting)
            late = [r for r in waiting if r["age_bound"] == "exact"]
            assert len(late) >= 500, f"only {len(late)} of {len(waiting)} were seen to begin"
            # Its own account is of all that it does: those who come and go are born in the new table.
            assert picture["source"]["missed"] < 0.05 * picture["source"]["transitions"], picture["source"]
