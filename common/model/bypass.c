// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes of state that pass casgstatus by, so that no probe tells of them (go-runtime.md §3). */
#include <string.h>

#include "model/table.h"

static bool reason_is(const struct model *m, uint8_t reason, const char *text)
{
	const char *is = m->options.names ? names_reason(m->options.names, reason) : NULL;

	return is && !strcmp(is, text);
}

/*
 * Running, and what running turns into and comes back from unseen: syscalls (Go ≥ 1.26), and the
 * switch between coroutines (coro.go, 1.22 on).
 */
static bool runs_unseen(const struct model *m, uint8_t raw, uint8_t reason)
{
	if (raw == GS_RUNNING)
		return true;
	if (raw == GS_SYSCALL)
		return m->options.bypass;
	return raw == GS_WAITING && reason_is(m, reason, "coroutine");
}

/* Stopped for the collector: running→preempted (preemptPark), preempted→waiting (suspendG). */
static bool is_preempted(const struct model *m, uint8_t raw, uint8_t reason)
{
	return raw == GS_PREEMPTED || (raw == GS_WAITING && reason_is(m, reason, "preempted"));
}

bool passes_by(const struct model *m, const struct entry *e, const struct feed_fact *f)
{
	if (runs_unseen(m, e->raw, e->reason))
		return runs_unseen(m, f->status, f->reason) ||
		       is_preempted(m, f->status, f->reason);
	if (e->raw == GS_PREEMPTED)
		return is_preempted(m, f->status, f->reason);
	/* allGsSnapshotSortedForGC, mgcmark.go, 1.26 on. */
	return e->raw == GS_LEAKED && f->status == GS_WAITING;
}
