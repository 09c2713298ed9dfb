/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user side of the kernel half, and the only code that knows libbpf. It knows no process and no
 * executable: what to probe and whom is in its options. Not safe for use from several threads at
 * once, except where said; the tracer thread owns it.
 */
#ifndef GOROUTOP_BPF_TRACER_H
#define GOROUTOP_BPF_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "goroutine.h"

struct tracer;

struct tracer_site {
	uint64_t file_offset;
	struct gt_site site;
	bool emulated; /* chooses the kind of instruction on which the cost is measured */
};

struct tracer_options {
	struct gt_config config; /* n_sites is filled in from the list below */
	const struct tracer_site *sites;
	size_t n_sites;
	uint32_t max_goroutines; /* entries of the kernel's table, to begin with */
	uint32_t ring_bytes;	 /* 0: the default; a power of two of pages */
	pid_t pid;		 /* whom the perf event is bound to, in our PID namespace */
	/* Names the inode: "/proc/self/fd/N" of an open descriptor needs no further permission, and
	 * can't be another process's by now; "/proc/PID/exe" does too. */
	char exe_path[64];
	/*
	 * Probes are held by a process of their own (bpf/holder.c), with our memory: this is called
	 * in it when they are set, to give up the privileges. May be NULL.
	 */
	void (*settle)(void);
};

/*
 * Opens and loads the programs and maps; attaches nothing. Needs the privileges raised.
 * EXIT_PERMISSION: names the capability or setting that forbids it. EXIT_FAILED: this kernel
 * cannot (no ring buffer, no uprobes, no cookies for several sites): names what it lacks.
 */
int tracer_open(struct tracer **ret, const struct tracer_options *options, struct err *err);

/* Detaches first, if need be; blocks as that does. */
void tracer_close(struct tracer *t);

/*
 * Attaches every site, or none: what was attached when one fails is detached. Hits count from the
 * epoch that is written when all are on, so that no interval reaches across a time without probes.
 * Needs the privileges raised. They stay until tracer_detach, or the end of the calling thread.
 */
int tracer_attach(struct tracer *t, struct err *err);

/*
 * Blocks for up to some 200 ms; hits are no longer counted from its beginning. Records drained later
 * stay valid. However we die, in here too, the kernel takes the probes away some 100 ms later.
 */
void tracer_detach(struct tracer *t);
bool tracer_attached(const struct tracer *t);

/* Stops counting hits, at once; tracer_detach is to follow. Returns the time from which on some may
 * not have been counted. tracer_counts_from: since when they are, all of them; 0: they are not. */
uint64_t tracer_stop(struct tracer *t);
uint64_t tracer_counts_from(const struct tracer *t);

/*
 * Measures what one hit costs on this machine at this kind of instruction, the program's whole way
 * included, by hits of our own before the target is probed; ns. Needs the privileges raised.
 * Leaves no entry, record or count behind. Call between open and attach; takes some 60 ms.
 */
int tracer_calibrate(struct tracer *t, double *ns_per_hit, struct err *err);

/*
 * Gives every record that is committed to fn, oldest first, at most max; returns how many, or
 * -errno. Records of the wrong size or with impossible kinds are dropped and counted in `alien`.
 */
typedef void (*tracer_record_fn)(void *ctx, const struct gt_record *record);
ssize_t tracer_drain(struct tracer *t, tracer_record_fn fn, void *ctx, size_t max);

/*
 * The entry of a goroutine: 0; -ENOENT: none; -EAGAIN: torn, however often it was read (counted in
 * torn); -EPERM: a kernel before 5.19 with kernel.unprivileged_bpf_disabled set wants the privileges
 * raised for looking into maps (so tracer_entries and tracer_site_sums). Safe from any thread
 * between attach and close.
 */
int tracer_entry(struct tracer *t, uint64_t goid, struct gt_entry *ret);

/*
 * Walks the whole map in batches: fn for each whole entry. `cursor` all zero begins; returns 1
 * while there is more after this slice of about max entries, 0 at the end, -errno.
 */
struct tracer_cursor { /* opaque to the caller */
	bool started;
	bool old; /* in the table that is to go */
	unsigned generation;
	bool begun;  /* in this table */
	uint32_t at; /* the kernel's batch token */
};
typedef void (*tracer_entry_fn)(void *ctx, uint64_t goid, const struct gt_entry *entry);
int tracer_entries(struct tracer *t, struct tracer_cursor *cursor, size_t max, tracer_entry_fn fn,
		   void *ctx);

/*
 * The kernel's table grows. At 80 % of it a larger one takes over, so that what did not fit is there
 * from its goroutine's next transition on; the entries of the old one move, by and by. Call
 * tracer_wants_room (no system call) at every turn, and when it says so tracer_make_room, with the
 * privileges raised: 0, or -errno, when the kernel refuses a larger table: it is not asked again.
 */
bool tracer_wants_room(const struct tracer *t);
int tracer_make_room(struct tracer *t);

/*
 * Who ended while no probes were on has an entry still. `living` (borrowed until tracer_moving is
 * false) says who did not: others stay behind when the next table takes over, which then need not be
 * larger. NULL: all move.
 */
struct tracer_living {
	bool known;	       /* the list is of all; else only who has moved of late is kept */
	const uint64_t *goids; /* ascending */
	size_t n;
	uint64_t since; /* who has moved since then is kept in any case */
};
void tracer_let_live(struct tracer *t, const struct tracer_living *living);
bool tracer_moving(const struct tracer *t);
uint32_t tracer_room(const struct tracer *t); /* goroutines that the table is made for */

struct tracer_counts {
	struct gt_counters kernel;
	uint64_t torn;	/* entries that were found half written, read again */
	uint64_t alien; /* records that were not ours */
};
/* No system calls; safe from any thread between attach and close. */
void tracer_counts(struct tracer *t, struct tracer_counts *ret);
int tracer_latency(struct tracer *t, struct gt_latency *ret);

/* Walks the sums by creation site; returns 0 or -errno. */
typedef void (*tracer_site_fn)(void *ctx, uint64_t gopc, const struct gt_site_sum *sum);
int tracer_site_sums(struct tracer *t, tracer_site_fn fn, void *ctx);

/* How it is attached: "perf event" or "uprobe_multi"; "" when it is not. */
const char *tracer_method(const struct tracer *t);

#endif
