/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the tracer share. Nobody else includes it. */
#ifndef GOROUTOP_BPF_TRACER_INTERNAL_H
#define GOROUTOP_BPF_TRACER_INTERNAL_H

#include <pthread.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tracer.h"
#include "goroutine.skel.h"

/* ---- a process that holds descriptors: holder.c ------------------------------------------------ */

struct holder {
	pid_t pid; /* 0: none */
	void *stack;
};

struct holder_fds {
	int n;
	int fd[2 * GT_MAX_SITES + 1]; /* one is the holder's own */
};

/* Runs in the process, with our memory: opens what it is to hold. 0, or -errno: then it ends. */
typedef int (*holder_fn)(struct holder_fds *fds, void *arg);

/*
 * Starts one, waits until fill is done, returns its result. settle (may be NULL) gives up what
 * privileges are no longer needed. It lives until it is ended, or the calling thread ends.
 */
int holder_start(struct holder *ret, holder_fn fill, void *arg, void (*settle)(void));
bool holder_alive(const struct holder *h);

/*
 * Ends it, without and with waiting until what it held is closed. holder_end forgets it; so does
 * holder_reap, which does not wait, once it has ended: until then it is a zombie.
 */
void holder_kill(struct holder *h);
void holder_end(struct holder *h);
void holder_reap(struct holder *h);

/* ---- how sites are probed: attach.c ----------------------------------------------------------- */

enum attach_method {
	ATTACH_NONE,
	ATTACH_PERF,  /* a perf event a site */
	ATTACH_MULTI, /* uprobe_multi, all sites at once: kernel ≥ 6.6 */
};

/* The program's expected_attach_type for ATTACH_MULTI (include/uapi/linux/bpf.h of 6.6). */
#define GT_TRACE_UPROBE_MULTI 48

struct attachment {
	struct holder holder;
};

struct attach_request {
	enum attach_method method;
	int prog_fd;
	const char *path;
	const uint64_t *offsets;
	size_t n;
	pid_t pid;	      /* 0: every process, ATTACH_MULTI alone */
	void (*settle)(void); /* as tracer_options.settle */
};

/* All of them or none: 0, or -errno with *err. */
int attach_sites(struct attachment *ret, const struct attach_request *request, struct err *err);

/* Takes them away, and waits until they are; attach_undo_begin does not wait (attach_undo must follow). */
void attach_undo_begin(struct attachment *a);
void attach_undo(struct attachment *a);

/* Whether the kernel knows uprobe_multi, by asking for an impossible one. */
bool attach_multi_known(void);

/*
 * Whether perf_event_open would let us set uprobes: 0; -EACCES, -EPERM: not permitted; -ENOSYS and
 * others: not to be had. Sets none.
 */
int attach_perf_allowed(void);

/* ---- what is missing, in words: diagnose.c ---------------------------------------------------- */

/* Chooses how to attach n_sites sites; *err says what is missing or forbidden when there is no way. */
int diagnose_method(enum attach_method *ret, size_t n_sites, struct err *err);

/* Fills *err for what the bpf(2) or perf_event_open(2) system call refused. */
int diagnose_denied(int errnum, const char *what, struct err *err);

/* Fills *err for a load that failed. */
int diagnose_load(int errnum, uint32_t max_goroutines, struct err *err);

/* libbpf's and the verifier's lines go to the log. */
void diagnose_redirect_libbpf(void);

/* ---- reading maps: tracer_read.c -------------------------------------------------------------- */

/* Elements of a map as the kernel gives them, grown when a bucket does not fit. */
struct batch {
	uint64_t *keys;
	void *values;
	uint32_t n;
};
void batch_free(struct batch *b);

struct entry_reader {
	int fd;
	tracer_entry_fn fn;
	void *ctx;
	uint64_t *torn; /* atomic; may be NULL */
};

/* As tracer_entries, of one table. */
int read_entries(const struct entry_reader *r, struct batch *b, struct tracer_cursor *cursor,
		 size_t max);

/* ---- the tables of entries: tables.c ---------------------------------------------------------- */

struct tables {
	bool open;
	int outer;			    /* of the program's, which holds both */
	pthread_mutex_t lock;		    /* of the next two: the tracer's thread changes them */
	int fd[GT_TABLES];		    /* −1: none */
	unsigned generation;		    /* counts changes of fd */
	uint32_t size;			    /* of the first */
	bool stuck;			    /* the kernel has refused a larger one */
	uint64_t made, gone;		    /* the kernel's counters when the first took over … */
	uint64_t copied;		    /* … and what has been put there since then by us */
	uint64_t full;			    /* map_full when a larger one was made last */
	const struct tracer_living *living; /* who moves to a larger one; NULL: all */
	struct tracer_cursor copying;
	struct batch batch;
};

/*
 * Makes the first, and gives it to the loaded program: 0 or -errno. tables_close may be called
 * whatever they said.
 */
int tables_open(struct tables *t, uint32_t size);
int tables_put(struct tables *t, int outer);
void tables_close(struct tables *t);

bool tables_want_more(const struct tables *t, const struct gt_counters *now);
int tables_grow(struct tables *t, const struct gt_counters *now);
/* Moves some of what the old table holds; true while there is more. */
bool tables_copy(struct tables *t);

/* ---- a loaded instance of the kernel half: load.c --------------------------------------------- */

struct load_request {
	struct gt_config config; /* n_sites included */
	const struct gt_site *sites;
	uint32_t max_goroutines;
	uint32_t ring_bytes;
	enum attach_method method;
};

/* tables_close must follow, whatever it says. */
int load_instance(struct goroutine_bpf **ret, struct tables *tables,
		  const struct load_request *request, struct err *err);

/* Lets hits count from now on, or not at all: the epoch. */
void load_count_hits(struct goroutine_bpf *skel, bool on);

/* ---- hits of our own: calibrate.c ------------------------------------------------------------- */

/*
 * Measures t->ns_per_hit by t->method. `missing`: hits that were not seen, and then it is not known.
 * From 6.6 to 6.9 uprobe_multi's filter by process takes the hits of one thread alone (kernel commit
 * 46ba0e49b642): then it can't be used.
 */
int calibrate(struct tracer *t, uint64_t *missing, struct err *err);

struct tracer {
	struct goroutine_bpf *skel;
	struct ring_buffer *ring;
	struct tracer_options options; /* sites is NULL: what is needed of them follows */
	uint64_t offsets[GT_MAX_SITES];
	bool emulated;
	enum attach_method method;
	pid_t filter_pid; /* as attach_request.pid */
	struct attachment at;
	struct attachment calibration; /* of the probe on our own function, as it ends */
	bool attached;
	double ns_per_hit; /* 0: not measured */

	/* tracer_drain, while it runs */
	tracer_record_fn record;
	void *record_ctx;
	size_t room;

	struct tables tables;
	struct batch batch;   /* of whoever reads whole maps, under the tables' lock */
	uint64_t torn, alien; /* atomic */
};

#endif
