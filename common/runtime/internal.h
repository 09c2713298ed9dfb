/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of common/runtime share. */
#ifndef GOROUTOP_RUNTIME_INTERNAL_H
#define GOROUTOP_RUNTIME_INTERNAL_H

#include "base/gstatus.h"
#include "base/hash.h"
#include "runtime/runtime.h"

/* Bytes that are read at once: small enough to stay in the cache. */
enum { G_WINDOW = 256 << 10 };

/* More goroutines than anybody has; what claims more is not believed. */
#define MAX_GOROUTINES ((uint64_t)1 << 24)

/* User addresses on both architectures, with 48 and 52 bits, and never the first page. */
static inline bool plausible_pointer(uint64_t p)
{
	return p >= 4096 && p < (uint64_t)1 << 52 && p % 8 == 0;
}

/* The g structs of allgs: it only grows and its entries never change, so what is known stays. */
struct g_list {
	VEC(uint64_t) sorted; /* distinct addresses, ascending */
	uint64_t known;	      /* entries of allgs that are in it */
};

/* What memory says of an m, for as long as one batch lasts. */
struct machine {
	uint64_t addr, curg;
	pid_t tid; /* in our namespace; 0: unknown */
	int32_t p; /* id of its p; −1: none or unknown */
};

struct machines {
	struct hash by_addr;
	VEC(struct machine) all;
};

struct runtime {
	const struct go_exe *exe;
	const struct memory *mem;
	struct thread_map *threads;
	struct layout layout;
	uint64_t bias;
	struct go_global_place globals[GG_COUNT];
	uint64_t allgs; /* live address of the slice header */
	struct g_list list;
	struct machines machines;
	/* The bytes of a g that are read: [g + hot_from, g + hot_to). */
	int32_t hot_from, hot_to;
	uint8_t *window;
	uint64_t flap_reasons; /* bit n: a wait for reason n is a flap (Go ≥ 1.20); 0 before */
	char (*reasons)[48];   /* the target's own texts, n_reasons of them; NULL: the layout's */
	uint32_t n_reasons;
	struct stack_reader *stacks; /* NULL until stacks are read */
};

struct slice {
	uint64_t ptr, len, cap;
};

/*
 * The header of a slice of goroutines, at addr, that the target may be storing just now: a new
 * length with an old pointer would lead beyond the old array. Of two readings with one array the
 * first one's length is that of the array, for it only grows. 0, -ESRCH, -EIO (it makes no sense),
 * -EAGAIN (there is no goroutine yet).
 */
int slice_read(const struct memory *mem, uint64_t addr, struct slice *ret);

/* Brings the list up to date; 0, -ESRCH, -EIO (the slice makes no sense), -ENOMEM, -EAGAIN (there
 * is no goroutine yet). */
int g_list_update(struct runtime *rt);

/* Reads all goroutines or, of very many, enough of them to check a layout; as runtime_read_all. */
int g_read_sample(struct runtime *rt, struct g_batch *batch);

/*
 * Finds allgs in the live process without knowing where it lies; 0, -ENOENT, or -ENOTUNIQ (several
 * slices could be it).
 */
int scan_allgs(struct runtime *rt, struct go_global_place *ret);

/* stack_read.c */
void stack_reader_free(struct stack_reader *sr);

/* A status that a g may have; anything else means that this is no g. */
static inline bool valid_status(uint32_t status)
{
	return status < GS_COUNT && status != 5 && status != 7;
}

/* The machine at addr, or NULL when it cannot be read. Forgets nothing until machines_forget. */
const struct machine *machine_get(struct runtime *rt, uint64_t addr);
/* What m.procid says: the thread in our namespace; 0: unknown. */
pid_t machine_tid(struct runtime *rt, uint64_t procid);
void machines_forget(struct machines *ms);
void machines_free(struct machines *ms);

/* Law 6: 0, or an error that names the check which failed. -EAGAIN: too early to tell. */
int runtime_check(struct runtime *rt, const struct g_batch *batch, struct err *err);

/* Texts of wait reasons, by the target's own table; and which are flaps. */
void reasons_load(struct runtime *rt);

/* Whether a thread may have that number: PID_MAX_LIMIT of the kernel. */
static inline bool valid_procid(uint64_t procid)
{
	return procid && procid <= 1 << 22;
}

static inline int32_t off(const struct runtime *rt, enum layout_field f)
{
	return rt->layout.offset[f];
}

#endif
