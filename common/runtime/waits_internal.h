/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that read waits share. */
#ifndef GOROUTOP_RUNTIME_WAITS_INTERNAL_H
#define GOROUTOP_RUNTIME_WAITS_INTERNAL_H

#include "base/hash.h"
#include "runtime/gather.h"
#include "runtime/waits.h"

/* How to find what a goroutine waits on. */
enum wait_class {
	BY_NOTHING, /* it is not known, or it waits on no object */
	BY_CHAN,    /* g.waiting: sudogs of channels */
	BY_SEMA,    /* the table of semaphores */
	BY_COND,
	BY_DESC,
	BY_TIMER,
	BY_NATURE /* WAIT_NEVER */
};

/* What a wait reason tells. */
struct wait_rule {
	const char *reason; /* as the text begins */
	enum wait_class class;
	enum wait_kind kind;
	enum wait_way way;
	int before; /* bytes from the object's beginning to its semaphore */
};

/* A goroutine that waits. */
struct seed {
	uint64_t g, goid;
	uint64_t waiting; /* sudog, or 0 */
	uint64_t sp, hi;
	uint64_t timer, due;
	const struct wait_rule *rule;
};

/* That a seed waits on an object. */
struct record {
	uint32_t seed, object;
	uint64_t sudog, prev; /* of a channel: its place in a queue; 0 */
	uint8_t way;
};

enum waits_phase {
	PHASE_SEEDS,
	PHASE_FRAMES,
	PHASE_SUDOGS,
	PHASE_QUEUES,
	PHASE_DESCS,
	PHASE_STACKS,
	PHASE_OBJECTS,
	PHASE_FACTS,
	PHASE_DONE
};

struct waits_pass {
	struct waits *w;
	struct runtime *rt;
	enum waits_phase phase;
	size_t at;  /* how far in the phase */
	bool begun; /* the phase has */
	const struct wait_rule *rules[256];
	VEC(uint64_t) gs;
	VEC(struct seed) seeds;	   /* by g, ascending */
	VEC(uint64_t) front, next; /* sudogs to be read, and those behind them */
	size_t rounds;
	size_t hops;	  /* along queues of channels: a hostile process makes them long */
	size_t list_hops; /* likewise, along lists of Conds */
	VEC(struct record) records;
	struct hash objects;  /* wait_object_key → place in the batch's objects */
	struct hash visited;  /* sudogs; from PHASE_STACKS on pollDescs */
	struct hash linked;   /* place of a seed + 1 → of its last record */
	struct hash by_sudog; /* sudog → place in records */
	struct hash natures;  /* pc → what waits there; see waits_frames.c */
	bool failed;	      /* no memory */
};

#define NO_OBJECT UINT32_MAX

/* Where in a sync.Cond its list of waiters is: behind L, an interface (src/sync/cond.go, all). */
enum { COND_LIST = 16 };

/* A sudog as it was read. */
struct sudog {
	uint64_t g, next, prev, elem, waitlink, c;
	bool is_select;
};
bool sudog_parse(const struct runtime *rt, const uint8_t *bytes, struct sudog *ret);
/* Bytes of a struct that holds the wanted words; 0: the layout does not tell, or more than `most`. */
int32_t wait_size(const struct runtime *rt, enum layout_field size, int32_t most,
		  const enum layout_field *wanted, size_t n);
/* Bytes of a sudog that are read; 0 when the layout does not tell enough. */
int32_t sudog_size(const struct runtime *rt);

/* waits_record.c */

/* The waiting goroutine at g, or NULL. */
struct seed *seed_at(struct waits_pass *p, uint64_t g);
bool seed_is_linked(struct waits_pass *p, const struct seed *s);

/* What the object has in p->objects; never 0. WAIT_NEVER is one object, at address 0. */
uint64_t wait_object_key(enum wait_kind kind, uint64_t addr);
/* The place of the object, made if need be; NO_OBJECT: no memory. */
uint32_t wait_object_at(struct waits_pass *p, enum wait_kind kind, uint64_t addr);
void wait_add(struct waits_pass *p, const struct seed *s, uint32_t object, enum wait_way way,
	      uint64_t sudog, uint64_t prev);

/* Phases: 1, call again; 0, done; -errno. Each call takes some milliseconds at most. */
int waits_frames(struct waits_pass *p);	 /* waits_frames.c: PHASE_FRAMES */
int waits_descs(struct waits_pass *p);	 /* waits_stack.c: PHASE_DESCS */
int waits_stacks(struct waits_pass *p);	 /* … PHASE_STACKS */
int waits_objects(struct waits_pass *p); /* waits_object.c: PHASE_OBJECTS */
int waits_facts(struct waits_pass *p);	 /* … PHASE_FACTS */

/* waits_net.c: what an internal/poll.FD tells of the descriptor behind a pollDesc. */

/* Whether it is known where that is. */
bool waits_net_known(struct waits_pass *p, uint64_t pd, int32_t fd);
/* Looks for it among words of a stack. */
void waits_net_find(struct waits_pass *p, uint64_t pd, int32_t fd, const uint64_t *words, size_t n);
/* Network and addresses into o->fd; what does not make sense stays 0. */
void waits_net_read(struct waits_pass *p, struct wait_object *o);

#endif
