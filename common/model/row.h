/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One goroutine as the model shows it at one moment. Plain data: pictures copy it. The model keeps
 * goroutines in a tighter form and makes a row when somebody looks: so `times` and `interval` are
 * counted up to that moment, and names and reasons are texts already, which any thread may read.
 */
#ifndef GOROUTOP_MODEL_ROW_H
#define GOROUTOP_MODEL_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/gstatus.h"
#include "model/labels.h"
#include "model/names.h"

enum age_bound {
	AGE_UNKNOWN,
	AGE_EXACT, /* from an event */
	AGE_MIN,   /* there at the first read, attached without a gap since: ≥ */
	AGE_ABOUT, /* from samples: ~ */
};

/* Which of the row's fields are known (DESIGN.md law 3). */
enum {
	ROW_KNOWS_REASON = 1 << 0,
	ROW_KNOWS_THREAD = 1 << 1,    /* tid 0 then means: on no thread */
	ROW_KNOWS_PROCESSOR = 1 << 2, /* processor −1 then means: on none */
	ROW_KNOWS_MEMORY =
		1 << 3, /* start, created, parent, locked_tid, labels: read at least once */
	ROW_KNOWS_COUNTS = 1 << 4, /* transitions, switches and times: probes watch it */
	ROW_KNOWS_WAKER = 1 << 5,  /* waker 0 then means: the runtime itself */
	ROW_SYSTEM = 1 << 6,	   /* the runtime's own */
	ROW_EXTRA_M = 1 << 7,
	ROW_NEW = 1 << 8,   /* came since the last refresh */
	ROW_ENDED = 1 << 9, /* ended since the last refresh: shown once more */
	/* Of `where` and the stack: */
	ROW_STACK_GUESS = 1 << 10, /* it ran: the calls that it made last */
	ROW_STACK_TORN = 1 << 11,  /* it moved while it was read */
	ROW_STACK_OLD = 1 << 12,   /* it has moved since */
	ROW_GONE = 1 << 14,	   /* ended, and shown in the tree for what descends from it */
	ROW_STACK_READ = 1 << 13,  /* it was looked for at least once */
	ROW_STACK_ABOUT = ROW_STACK_GUESS | ROW_STACK_TORN | ROW_STACK_OLD,
};

struct row_times {
	uint64_t running, runnable, waiting, syscall, unknown; /* ns, folded states */
};

struct row {
	uint64_t goid, g;
	uint64_t since;	  /* when the shown state began; with bound */
	uint64_t first;	  /* when counting began: observed time is now − first */
	uint64_t counted; /* up to when `times` has been counted: the moment, or when it ended */
	uint32_t stack;	  /* equal for equal stacks; 0: unknown */
	uint64_t parent, waker;
	uint64_t labels;	     /* 0: none, if ROW_KNOWS_MEMORY */
	struct label_set *label_set; /* NULL: none, or not known which */
	/* Names, never NULL: an unknown one has no texts. They live as long as the model's names. */
	const struct name *start, *created, *where;
	const char *reason_text; /* of `reason`; NULL: unknown */
	struct row_times times;	 /* since first, up to `counted`; their sum is counted − first */
	struct row_times interval; /* of the last refresh interval, closed at its end */
	uint64_t max_latency;
	uint32_t transitions, switches;
	uint32_t interval_switches; /* of the last refresh interval */
	uint32_t tid, locked_tid;
	int32_t processor;
	uint32_t flags;
	uint8_t state; /* shown: folded */
	uint8_t raw;   /* as the runtime has it */
	uint8_t reason;
	uint8_t bound; /* enum age_bound */
};

/* How long it has been in its state, at `now`; of one that has ended, when it did. */
static inline uint64_t row_age(const struct row *r, uint64_t now)
{
	uint64_t until = r->flags & ROW_ENDED ? r->counted : now;

	return until > r->since ? until - r->since : 0;
}

static inline uint64_t row_times_sum(const struct row_times *t)
{
	return t->running + t->runnable + t->waiting + t->syscall + t->unknown;
}

/* "running", "waiting", …; "unknown" for what is no state. */
const char *state_name(uint8_t state);
/* The number of a state by name, −1 if there is none. */
int state_by_name(const char *name);
/* Order of states in sorting: running, runnable, syscall, waiting, the rest by number. */
int state_rank(uint8_t state);

#endif
