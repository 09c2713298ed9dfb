// SPDX-License-Identifier: GPL-2.0-or-later
/* The lines of -F events: what the classical tutorials print, one a transition. */
#include <ctype.h>
#include <stdio.h>

#include "base/clock.h"
#include "format/format.h"

void format_events_header(struct buf *out)
{
	buf_puts(out, "TIME OLD NEW GOID TID TGID WAKER REASON\n");
}

/* "RUNNABLE(1)", "UNKNOWN(7)" */
static void put_state(struct buf *out, uint8_t state)
{
	for (const char *p = state_name(state); *p; p++)
		buf_putc(out, (char)toupper((unsigned char)*p));
	buf_printf(out, "(%u) ", state);
}

static void put_number(struct buf *out, uint64_t n)
{
	if (n)
		buf_printf(out, "%llu ", (unsigned long long)n);
	else
		buf_puts(out, "- ");
}

void format_event(struct buf *out, const struct feed_transition *t, pid_t tgid, const char *reason,
		  uint64_t wall_ns)
{
	/* A g that has been allocated (0→6) has no goid, one that is born may have its last one. */
	bool has_goid = !(t->flags & (FEED_UNREAD | FEED_STALE_ID)) &&
			!(t->old_state == GS_IDLE && t->new_state == GS_DEAD);
	char time[16];

	clock_local_time(time, sizeof(time), wall_ns);
	buf_printf(out, "%s ", time);
	put_state(out, t->old_state);
	put_state(out, t->new_state);
	put_number(out, has_goid ? t->goid : 0);
	put_number(out, t->tid);
	put_number(out, (uint64_t)tgid);
	put_number(out, t->waker);
	buf_printf(out, "%s\n", reason && *reason ? reason : "-");
}

void format_events_lost(struct buf *out, uint64_t n)
{
	buf_printf(out, "# lost %llu\n", (unsigned long long)n);
}

void format_events_detached(struct buf *out, uint64_t ns)
{
	buf_printf(out, "# detached %llu\n", (unsigned long long)(ns / NSEC_PER_MSEC));
}
