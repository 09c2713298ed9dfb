/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the runtime's global variables lie (link-time addresses): by symbol, or by decoding the
 * functions that use them (reference: go-runtime.md §6). Nothing here is trusted until
 * common/runtime has checked it against the live process.
 */
#ifndef GOROUTOP_GOLANG_GLOBALS_H
#define GOROUTOP_GOLANG_GLOBALS_H

#include <stdint.h>

#include "golang/executable.h"

enum { GO_SEMAPHORE_QUEUES = 251 }; /* semTabSize, src/runtime/sema.go */

enum go_global {
	GG_ALLGS,		/* []*g */
	GG_ALLGLEN,		/* uintptr */
	GG_ALLGPTR,		/* **g */
	GG_ALLP,		/* []*p */
	GG_SCHED,		/* schedt */
	GG_ALLM,		/* *m */
	GG_GCPHASE,		/* uint32 */
	GG_SEMTABLE,		/* the queues of all semaphores: sema.go's semTable */
	GG_WAIT_REASON_STRINGS, /* [n]string */
	GG_COUNT
};

struct go_global_place {
	uint64_t addr; /* 0: not found */
	char how[80];  /* "symbol runtime.allgs", "decoded from runtime.allgadd", or why not */
	/* GG_WAIT_REASON_STRINGS: elements; GG_SEMTABLE: bytes from one queue to the next; else 0. */
	uint32_t count;
};

void go_globals_find(const struct go_exe *x, struct go_global_place ret[GG_COUNT]);
const char *go_global_name(enum go_global g); /* "runtime.allgs" */

#endif
