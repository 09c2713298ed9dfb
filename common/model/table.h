/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of the model, shared by its files and by nobody else.
 *
 *   table.c       goroutines: who is there, by goid and by g address; birth and end; counts by state
 *   times.c       where their time went, across gaps, and in the last refresh interval
 *   transition.c  what an event does         } the merge rule of
 *   look.c        what a look at memory does } DESIGN.md law 1; bypass.c: what no event tells
 *   account.c     what the kernel's own account of a goroutine does
 *   detail.c      more of the one that somebody looks at
 *   stacks.c      where goroutines stand, as memory had it
 *   wants.c       what the model asks its source for
 *   refresh.c     the end of a refresh interval
 *   show.c        a goroutine as a row
 *   tree*.c       goroutines under those that made them
 *   group*.c      goroutines by what they have in common; see group.h
 *   select.c      the rows of a window, by place.c, nearest.c, entry_key.c
 *   picture.c     a picture;  model.c  the rest
 *
 * A million goroutines are to take little (issue: 250 bytes each in all), so an entry holds what
 * cannot be told from elsewhere, and a struct row is made from it when somebody looks.
 */
#ifndef GOROUTOP_MODEL_TABLE_H
#define GOROUTOP_MODEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/vec.h"
#include "model/detail.h"
#include "model/index.h"
#include "model/model.h"
#include "model/order.h"

/* Internal flags of an entry, above those of struct row. */
enum {
	ENTRY_FLAP = 1 << 16,	       /* raw is waiting, but it occupies its thread: it runs */
	ENTRY_FRESH = 1 << 17,	       /* came since the last refresh */
	ENTRY_DOUBTED = 1 << 18,       /* a look disagreed, and nothing has happened since */
	ENTRY_OVERRIDDEN = 1 << 19,    /* the state is memory's: `previous` does not lead to it */
	ENTRY_WANTED = 1 << 20,	       /* stands in model.wants */
	ENTRY_URGENT = 1 << 21,	       /* … because its state is in doubt */
	ENTRY_WANTS_ACCOUNT = 1 << 22, /* stands in model.wants_accounts */
	ENTRY_KNOWS_SEQ = 1 << 23,     /* tracking_seq was read, and no event came since */
	ENTRY_MOVED = 1 << 24,	       /* an event has been seen */
	ENTRY_COUNTED = 1 << 25,       /* as created */
	ENTRY_TOUCHED = 1 << 27,       /* stands in groups.touched */
	ENTRY_RAISED = 1 << 26,	       /* a look had ended it, too early: its end is counted */
	ENTRY_ACCOUNTED = 1 << 28,     /* the kernel has an entry of it; until model_accounted */
	ENTRY_LABELLED = 1 << 29,      /* it had its labels when they were counted last */
};

enum time_kind {
	TIME_RUNNING,
	TIME_RUNNABLE,
	TIME_WAITING,
	TIME_SYSCALL,
	TIME_UNKNOWN,
	TIME_KINDS
};

/* First what a pass over all of them asks for: a line of the cache, or two. */
struct entry {
	uint64_t goid, g;
	uint64_t since, counted; /* as in struct row, but counted lags behind */
	uint32_t flags, gaps;	 /* how many gaps it has come through */
	uint32_t share;		 /* place in model.shares; 0: none */
	int16_t processor;
	uint8_t before; /* enum time_kind of the time before its first event; see account.c */
	uint8_t state, raw, previous, reason;
	uint8_t bound, tracking_seq;
	uint32_t start, created, where; /* ids of model.pcs */
	uint32_t stack;			/* place in model.stacks.all; 0: unknown */
	uint64_t first;			/* as in struct row */
	uint64_t last; /* what is older changes counters only: the last event, or correction */
	uint64_t times[TIME_KINDS];
	uint64_t max_latency;
	uint64_t parent, waker, labels;
	uint32_t transitions, switches;
	uint32_t tid, locked_tid;
};

_Static_assert(sizeof(struct entry) <= 176, "a goroutine is to take 250 bytes in all");

/* Its times and counts when an interval began, and what the last one came to. */
struct share {
	uint32_t row; /* place of its entry; INDEX_NONE: it has ended */
	uint64_t at[TIME_KINDS];
	uint64_t interval[TIME_KINDS];
	uint32_t switches_at, switches;
	bool touched; /* in the running interval */
};

/* A goroutine that has ended, shown once more. */
struct ended {
	struct entry entry;
	struct share share;
};

/* Probes were off in [from, to); to 0: still. */
struct gap {
	uint64_t from, to;
};

/* A birth under a goid that was not its own yet (law 7). */
struct newborn {
	uint64_t g, time, stale_goid;
	uint32_t tid;
	uint8_t state;
};

/* A stack that somebody has, or had. */
struct model_stack {
	uint32_t first, n; /* in stacks.frames */
	uint32_t where;	   /* id of model.pcs */
	bool cut;
};

/* A pointer to labels that somebody has. */
struct known_labels {
	uint64_t pointer;
	uint64_t g;	       /* of one who has it */
	struct label_set *set; /* NULL: not read, or not readable */
	bool unreadable;
	bool used, kept; /* while counting: somebody has it; somebody had it before */
};

struct model_labels {
	VEC(struct known_labels) all;
	struct hash by_pointer;
	bool changed; /* somebody came to have labels, or ended */
};

/* Who was woken last from waiting to lock something. */
struct woken {
	uint64_t addr, goid, waker, time;
	bool waited_for; /* while old ones are forgotten: somebody waits for it now */
};

/* What an object of VIEW_BLOCKED adds up to, while the rows are made. */
struct blocked_sum {
	struct wait_count ways;
	uint32_t waiters, kind, object; /* an object of it */
	/* Place + 1 of the last fact counted: a select may wait twice. */
	struct wait_count last_way;
	uint32_t last;
	uint32_t where, votes; /* id of model.pcs that most have, as far as votes tell */
	bool elsewhere;
	uint64_t since, oldest;
	uint8_t bound;
};

struct model_waits {
	struct wait_batch batch;
	VEC(struct wait_count) counts; /* of each object */
	struct waits_picture picture;
	bool read;
	bool locks; /* there is a lock among the objects */
	VEC(struct woken) woken;
	struct hash woken_at; /* address of a lock → place in woken */
	VEC(struct blocked_sum) sums;
	VEC(uint32_t) places;	       /* of each object: place + 1 in sums; 0: none */
	uint32_t together[WAIT_KINDS]; /* likewise, of kinds that are one row */
	VEC(struct blocked_row) rows;
	struct blocked_picture blocked;
	bool summed; /* sums are in order, for: */
	struct order_key key;
	struct blocked_request by;
};

struct model_stacks {
	VEC(uint64_t) frames;
	VEC(struct model_stack) all; /* the first stands for the unknown */
	struct hash ids;	     /* of what is in them → place in all */
	uint64_t all_known;	     /* the model's version when nobody's was to be read … */
	bool known_again;	     /* … nor of those who may have moved unseen */
	size_t swept;		     /* how many were left when nobody's were thrown away last */
	size_t refused;		     /* that found no room since then */
};

/* The stacks of the last picture. */
struct shown_stacks {
	struct stacks_picture picture;
	VEC(struct stack_line) lines;
	VEC(struct stack_shown) all;
	VEC(uint32_t) of;
};

/* Who has ended, and when: what is older does not raise them again. */
struct grave {
	uint64_t time;
	bool by_event; /* else by a look that did not see it */
	bool shown;    /* it stands among the ended */
};

struct graves {
	uint64_t since; /* nobody's is missing who ended since */
	struct hash by_goid;
	VEC(struct grave) graves;
};

struct model_pc {
	uint64_t pc;
	const struct name *name;
};
enum { PC_UNKNOWN, PC_EXTRA_M };

enum state_class {
	CLASS_RUNNING,
	CLASS_RUNNABLE,
	CLASS_WAITING,
	CLASS_SYSCALL,
	CLASS_OTHER,
	CLASSES
};

enum { GAPS_KEPT = 256 };

struct model {
	struct model_options options;
	uint64_t time;	  /* the latest that anything spoke of */
	uint64_t version; /* counts changes of the table */
	uint64_t kin; /* counts changes of who is there, who made whom, and who is the runtime's */

	VEC(struct entry) live;
	VEC(uint8_t) seen; /* by the look that is being merged; as long as live */
	struct index by_goid, by_g;
	VEC(struct ended) ended, ended_before; /* in this interval, in the last one */
	struct graves graves, graves_before;
	struct hash newborn_by_g;
	VEC(struct newborn) newborns;
	uint64_t count[2][CLASSES]; /* [the runtime's own] */

	VEC(struct model_pc) pcs; /* the first are PC_UNKNOWN and PC_EXTRA_M */
	struct hash pc_ids[NAME_KINDS];
	uint32_t last_pc[NAME_KINDS]; /* the one asked for last */

	struct model_stacks stacks;
	struct model_labels labels;
	struct model_waits waits;
	struct shown_stacks shown;
	struct detail detail; /* see detail.h */

	struct gap gaps[GAPS_KEPT]; /* the newest ones, in a ring */
	uint32_t n_gaps;	    /* ever */
	uint64_t suspect_since;	    /* records were lost: rows may be wrong; 0: no */

	VEC(struct share) shares; /* the first is not used */

	VEC(uint64_t) wants;		  /* g addresses of entries */
	VEC(uint64_t) strays;		  /* g addresses of which nothing else is known */
	VEC(uint64_t) wants_accounts;	  /* goids */
	VEC(uint64_t) fresh, shown_fresh; /* goids with ROW_NEW */

	uint64_t looks;		   /* complete ones */
	uint64_t look_t0, look_t1; /* the last one, complete or not */
	size_t cursor;		   /* of that look: the entry behind the last one found */
	uint64_t transitions, created, n_ended;
	uint64_t loss[LOSS_COUNT], corrected, bypassed;
	uint64_t max_latency;
	struct histogram latency, latency_before, latency_interval;
	struct histogram run, run_before, run_interval; /* run lengths */
	bool told_latency;				/* by the source: our own counting stops */
	bool over;					/* the target is gone: time stands still */

	uint64_t refreshes, refreshed, interval; /* closed ones; when; how long */
	uint64_t created_before, ended_before_n, transitions_before;
	double created_per_s, ended_per_s, transitions_per_s;
	uint32_t history[2][PICTURE_HISTORY]; /* users' only, all */
	size_t n_history;

	struct groups *groups; /* see group.h */
	struct tree *tree;     /* see tree.h */
	bool knows_parents;    /* at least one was told */

	struct order order;
	struct key_cache keys;
	struct row scratch; /* what model_row returns */
	VEC(struct row) rows;
	VEC(struct picture_row) picture_rows;
};

/* ---- table.c ---- */

struct entry *table_by_goid(struct model *m, uint64_t goid);
struct entry *table_by_g(struct model *m, uint64_t g);

/* Makes room for n at once. Without memory for it nothing happens: table_add will say so. */
void table_reserve(struct model *m, size_t n);

/* A new one, of whom only the identity is known yet; NULL for lack of memory. */
struct entry *table_add(struct model *m, uint64_t goid, uint64_t g);

/* Ends it at `time`. Entries move: pointers to any of them are void then. */
void table_end(struct model *m, struct entry *e, struct grave grave);

void table_set_state(struct model *m, struct entry *e, uint8_t raw, bool flap);
void table_set_g(struct model *m, struct entry *e, uint64_t g);
/* What tells whose it is: the runtime's own or the user's. */
void table_set_start(struct model *m, struct entry *e, uint64_t startpc, bool extra_m);

/* Counts it as come since attach, and as new until the next refresh. */
void table_is_new(struct model *m, struct entry *e);

/* Whether goid ended a short while ago. */
bool table_grave(const struct model *m, uint64_t goid, struct grave *ret);
void table_bury(struct model *m, uint64_t goid, struct grave grave);
/* Called at each refresh: who was buried before the last one is forgotten. */
void table_forget_graves(struct model *m);
/* Whether the grave of one who ended at `time` may be forgotten. */
bool table_forgets(const struct model *m, uint64_t time);

void newborn_put(struct model *m, const struct newborn *n);
const struct newborn *newborn_get(const struct model *m, uint64_t g);
bool newborn_take(struct model *m, uint64_t g, struct newborn *ret);
void newborn_forget(struct model *m);

uint32_t table_pc(struct model *m, enum name_kind kind, uint64_t pc);

/* What the runtime's state is shown as (law 1). */
uint8_t state_fold(uint8_t raw, bool flap);
enum state_class state_class(uint8_t state);
/* Whether a raw state is that of a goroutine at all. */
bool state_is_alive(uint8_t raw);

static inline void table_touch_time(struct model *m, uint64_t time)
{
	if (time > m->time && !m->over)
		m->time = time;
}

/* ---- times.c ---- */

enum time_kind time_kind(const struct model *m, uint8_t state);

/* Where the time until `t` went. */
void times_at(const struct model *m, const struct entry *e, uint64_t t, uint64_t ret[TIME_KINDS]);

/* Counts up to t, in its state or, where a gap hides it, as unknown. */
void times_settle(struct model *m, struct entry *e, uint64_t t);
/* Counts all up to t as unknown. */
void times_unknown(struct model *m, struct entry *e, uint64_t t);

/* To be called before its times, counts or state change: the interval's beginning is kept. */
void share_touch(struct model *m, struct entry *e);
void share_drop(struct model *m, struct entry *e);
void share_of(const struct model *m, const struct entry *e, struct share *ret);
/* Whether it was in one state all through the last interval. */
bool stood_still(const struct model *m, const struct entry *e);
/* What the last interval of one without a share came to. */
void still_interval(const struct model *m, const struct entry *e, uint64_t ret[TIME_KINDS]);
/* Takes the difference to its times at `now`, which begin the next interval. */
void share_close(const struct model *m, const struct entry *e, uint64_t now, struct share *s);
void shares_close(struct model *m, uint64_t now);
/* To be called when its past has been rewritten. */
void share_rebase(struct model *m, const struct entry *e);

void gap_begin(struct model *m, uint64_t from);
void gap_end(struct model *m, uint64_t from, uint64_t to);
/* Whether probes were off at any time since `t`. */
bool gap_since(const struct model *m, uint64_t t);
/* As gap_before, of one that has not come through all gaps. */
bool gap_first(const struct model *m, const struct entry *e, uint64_t t, struct gap *ret);
/* The first gap that it has not come through, if that began before `t`. */
static inline bool gap_before(const struct model *m, const struct entry *e, uint64_t t,
			      struct gap *ret)
{
	return e->gaps < m->n_gaps && gap_first(m, e, t, ret);
}
/* Something certain is known of it at `t`: it has come through the gaps that ended before. */
void gap_passed(struct model *m, struct entry *e, uint64_t t);

/* ---- bypass.c ---- */

/* Whether what a look shows may have come of what e was with no event between. */
bool passes_by(const struct model *m, const struct entry *e, const struct feed_fact *f);

/* ---- transition.c, look.c, account.c ---- */

void model_transition(struct model *m, const struct feed_transition *t);
void model_look(struct model *m, const struct feed_look *look);
void model_account(struct model *m, const struct feed_account *a);
void model_accounted(struct model *m, uint64_t since);

/* ---- stacks.c ---- */

void model_stacks(struct model *m, const struct feed_stacks *s);
void stacks_free(struct model_stacks *s);
void stacks_picture_free(struct shown_stacks *s);

/* ---- wants.c ---- */

void want_look(struct model *m, struct entry *e, bool urgent);
void want_look_at(struct model *m, uint64_t g);
void want_account(struct model *m, struct entry *e);
/* Drops what has been answered. */
void wants_compact(struct model *m);

/* ---- group.c ---- */

bool groups_new(struct model *m);
void groups_free(struct groups *all);
/* It may belong elsewhere from now on; by table_touch alone. */
void group_touch(struct model *m, struct entry *e);

static inline void key_stale(struct model *m, size_t place)
{
	if (place < m->keys.keys.n)
		m->keys.keys.v[place] = KEY_STALE;
}

/*
 * To be called when something of an entry that somebody sorts or groups by is about to change, or has
 * changed: a state, its beginning, a thread, times.
 */
static inline void table_touch(struct model *m, struct entry *e)
{
	key_stale(m, (size_t)(e - m->live.v));
	if (!(e->flags & ENTRY_TOUCHED))
		group_touch(m, e);
}

/* The one at `place` goes, and the last one takes its place. */
void group_remove(struct model *m, uint32_t place, uint32_t last);
void groups_first_look(struct model *m);
/* Labels of which nobody knew have been read. */
void groups_labels_told(struct model *m);
void groups_refresh(struct model *m);
void groups_sites(struct model *m, const struct feed_site *sites, size_t n);
/* Of VIEW_GROUPS; else *ret is NULL. 0 or -ENOMEM. */
int groups_picture(struct model *m, const struct request *request, const struct row_context *ctx,
		   const struct groups_picture **ret);

/* ---- labels.c ---- */

/* To be called when e came to have other labels, or has some and ends. */
void labels_changed(struct model *m, struct entry *e);
void model_labels(struct model *m, const struct feed_labels *labels, size_t n);
/* NULL: none, or not known. */
struct label_set *labels_of(const struct model *m, const struct entry *e);
void labels_free(struct model_labels *l);

/* ---- waits.c, blocked.c ---- */

void model_waits(struct model *m, const struct wait_batch *waits);
/* An event has woken e, which waited as last read. */
void waits_woken(struct model *m, const struct entry *e, uint64_t time, uint64_t waker);
/* NULL: nobody was seen to be. */
const struct woken *waits_woken_from(const struct model *m, uint64_t addr);
/* Whether e waits on what is at addr. */
bool waits_on(const struct model *m, const struct entry *e, uint64_t addr);
void blocked_free(struct model_waits *w);
/* Of VIEW_BLOCKED; else *ret is NULL. 0 or -ENOMEM. */
int blocked_picture(struct model *m, const struct request *request, const struct row_context *ctx,
		    const struct blocked_picture **ret);

/* ---- entry_key.c ---- */

/*
 * An interval is closed. Who stood still in it, and in the one before, which was so long, has the
 * same share of both, so that its key is kept; unless there is a gap in them.
 */
void entry_keys_refresh(struct model *m, uint64_t before);
/* A gap was told of, perhaps one that began before the last refresh. */
void entry_keys_gap(struct model *m);

/* ---- show.c ---- */

void show_row(const struct model *m, const struct entry *e, struct row *ret);
void show_ended(const struct model *m, const struct ended *e, struct row *ret);

#endif
