// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/gstatus.h"
#include "tracer_internal.h"

/* Unless told otherwise: some 75,000 records, so that at a million a second it is full in 75 ms. */
enum { RING_BYTES = 4 << 20 };

/* ---- open ------------------------------------------------------------------------------------- */

static bool valid(const struct tracer_options *o)
{
	uint32_t page = (uint32_t)sysconf(_SC_PAGESIZE);

	return o->n_sites >= 1 && o->n_sites <= GT_MAX_SITES && o->max_goroutines &&
	       o->config.off_goid >= 0 && o->exe_path[0] &&
	       memchr(o->exe_path, 0, sizeof(o->exe_path)) && o->pid > 0 &&
	       (!o->ring_bytes ||
		(o->ring_bytes >= page && !(o->ring_bytes & (o->ring_bytes - 1))));
}

static void copy_options(struct tracer *t, const struct tracer_options *o)
{
	t->options = *o;
	t->options.sites = NULL;
	t->options.config.n_sites = (uint32_t)o->n_sites;
	if (!t->options.ring_bytes)
		t->options.ring_bytes = RING_BYTES;
	t->emulated = true;
	for (size_t i = 0; i < o->n_sites; i++) {
		t->offsets[i] = o->sites[i].file_offset;
		t->emulated = t->emulated && o->sites[i].emulated;
	}
	t->filter_pid = o->pid;
}

/*
 * uprobe_multi takes the breakpoints away before it waits for others, perf events after that. Where
 * its filter takes only one thread's hits perf events are used, or it is left out and the program's
 * own look at the process has to do.
 */
static int choose_filter(struct tracer *t, struct err *err)
{
	uint64_t missing = 0;
	int r;

	if (t->method != ATTACH_MULTI)
		return 0;
	r = calibrate(t, &missing, err);
	if (!r && !missing)
		return 0;
	if (!attach_perf_allowed()) {
		t->method = ATTACH_PERF;
		return 0;
	}
	if (r)
		return r;
	if (t->options.config.identity == GT_ID_NONE)
		return err_set(
			err, EXIT_FAILED, ENOTSUP,
			"this kernel's uprobe_multi filters by thread (fixed in Linux 6.10), "
			"and in this PID namespace the process can't be told otherwise: run "
			"goroutop with CAP_SYS_ADMIN, or in the process's PID namespace");
	t->filter_pid = 0;
	return 0;
}

static int on_record(void *ctx, void *data, size_t size);

static int load(struct tracer *t, const struct tracer_site *sites, struct err *err)
{
	struct gt_site wire[GT_MAX_SITES];
	struct load_request q = {
		.config = t->options.config,
		.sites = wire,
		.max_goroutines = t->options.max_goroutines,
		.ring_bytes = t->options.ring_bytes,
		.method = t->method,
	};
	int r;

	for (size_t i = 0; i < t->options.n_sites; i++)
		wire[i] = sites[i].site;
	r = load_instance(&t->skel, &t->tables, &q, err);
	if (r)
		return r;
	t->ring = ring_buffer__new(bpf_map__fd(t->skel->maps.records), on_record, t, NULL);
	if (!t->ring)
		return err_set(err, EXIT_FAILED, errno, "the ring buffer can't be mapped: %s",
			       strerror(errno));
	return 0;
}

static void cleanup_tracer(struct tracer **t)
{
	tracer_close(*t);
}

int tracer_open(struct tracer **ret, const struct tracer_options *options, struct err *err)
{
	_cleanup_(cleanup_tracer) struct tracer *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
	if (!valid(options))
		return err_set(err, EXIT_FAILED, EINVAL, "the tracer's options make no sense");
	copy_options(t, options);
	diagnose_redirect_libbpf();
	r = diagnose_method(&t->method, options->n_sites, err);
	if (!r)
		r = choose_filter(t, err);
	if (!r)
		r = load(t, options->sites, err);
	if (r)
		return r;
	*ret = take_ptr(t);
	return 0;
}

void tracer_close(struct tracer *t)
{
	if (!t)
		return;
	tracer_detach(t);
	attach_undo(&t->calibration);
	ring_buffer__free(t->ring);
	tables_close(&t->tables);
	goroutine_bpf__destroy(t->skel);
	batch_free(&t->batch);
	free(t);
}

/* ---- attach ----------------------------------------------------------------------------------- */

int tracer_attach(struct tracer *t, struct err *err)
{
	const struct attach_request q = {
		.method = t->method,
		.prog_fd = bpf_program__fd(t->skel->progs.on_casgstatus),
		.path = t->options.exe_path,
		.offsets = t->offsets,
		.n = t->options.n_sites,
		.pid = t->filter_pid,
		.settle = t->options.settle,
	};
	int r;

	if (t->attached)
		return 0;
	load_count_hits(t->skel, false);
	r = attach_sites(&t->at, &q, err);
	if (r)
		return r;
	load_count_hits(t->skel, true);
	t->attached = true;
	return 0;
}

/* Births of the time before count for nothing any more, and those that nobody took would stay. */
static void forget_newborns(struct tracer *t)
{
	int fd = bpf_map__fd(t->skel->maps.newborns);
	uint64_t g;

	if (!t->options.config.goid_late)
		return;
	while (!bpf_map_get_next_key(fd, NULL, &g))
		if (bpf_map_delete_elem(fd, &g))
			return;
}

void tracer_detach(struct tracer *t)
{
	if (!t->attached)
		return;
	tracer_stop(t);
	attach_undo(&t->at);
	t->attached = false;
	forget_newborns(t);
}

uint64_t tracer_stop(struct tracer *t)
{
	uint64_t now = clock_mono();

	load_count_hits(t->skel, false);
	return now;
}

uint64_t tracer_counts_from(const struct tracer *t)
{
	uint64_t epoch = t->attached ? t->skel->bss->gt_epoch : UINT64_MAX;

	return epoch == UINT64_MAX ? 0 : epoch;
}

bool tracer_attached(const struct tracer *t)
{
	return t->attached;
}

const char *tracer_method(const struct tracer *t)
{
	if (!t->attached)
		return "";
	return t->method == ATTACH_MULTI ? "uprobe_multi" : "perf event";
}

/* ---- room ------------------------------------------------------------------------------------- */

bool tracer_moving(const struct tracer *t)
{
	return t->tables.fd[GT_TABLE_OLD] >= 0;
}

void tracer_let_live(struct tracer *t, const struct tracer_living *living)
{
	t->tables.living = living;
}

bool tracer_wants_room(const struct tracer *t)
{
	return tracer_moving(t) || tables_want_more(&t->tables, &t->skel->bss->gt_counters);
}

int tracer_make_room(struct tracer *t)
{
	if (!tracer_moving(t))
		return tables_grow(&t->tables, &t->skel->bss->gt_counters);
	tables_copy(&t->tables);
	return 0;
}

uint32_t tracer_room(const struct tracer *t)
{
	return t->tables.size;
}

/* ---- the stream ------------------------------------------------------------------------------- */

static bool is_state(uint8_t s)
{
	return s < GS_COUNT || s == 0xff;
}

static int on_record(void *ctx, void *data, size_t size)
{
	const struct gt_record *r = data;
	struct tracer *t = ctx;

	if (size != sizeof(*r) || !is_state(r->old_state) || !is_state(r->new_state))
		__atomic_add_fetch(&t->alien, 1, __ATOMIC_RELAXED);
	else
		t->record(t->record_ctx, r);
	/* A negative answer ends the round behind this record: libbpf, ringbuf_process_ring. */
	return --t->room ? 0 : -ENOBUFS;
}

ssize_t tracer_drain(struct tracer *t, tracer_record_fn fn, void *ctx, size_t max)
{
	int r;

	holder_reap(&t->calibration.holder); /* no system call when there is none */
	if (!max)
		return 0;
	t->record = fn;
	t->record_ctx = ctx;
	t->room = max;
	r = ring_buffer__consume(t->ring);
	if (r < 0 && t->room)
		return r;
	return (ssize_t)(max - t->room);
}
