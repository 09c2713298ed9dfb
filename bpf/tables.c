// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel half's tables of entries, from outside. When the first is nearly full a larger one is
 * put before it. From then on the program moves an entry before it changes it, so that those in the
 * old table stay as they are, and can be copied by us; when none is left there the old table goes.
 *
 * An entry that is copied while the program moves it is the same on both ways, and whoever comes
 * second finds it there (BPF_NOEXIST). The one harm: an entry whose goroutine moves and ends within
 * that moment may be put back. It is in nobody's way but that it takes a place.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "tracer_internal.h"

enum {
	FULL_PERCENT = 80,
	LARGER = 4, /* times */
	TABLE_MOST = 1 << 27,
	COPY_SLICE = 16 << 10,
};

/* ---- making one ------------------------------------------------------------------------------- */

static bool kernel_is_at_least(unsigned major, unsigned minor)
{
	struct utsname u;
	unsigned a, b;

	if (uname(&u) || sscanf(u.release, "%u.%u", &a, &b) != 2)
		return false;
	return a > major || (a == major && b >= minor);
}

/*
 * Elements made one by one take memory for those that are there alone. Before 6.1 that was unsafe in
 * programs that may run inside of the kernel's own allocator (fba1a1c6c912).
 */
static int make_table(uint32_t size)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts,
		    .map_flags = kernel_is_at_least(6, 1) ? BPF_F_NO_PREALLOC : 0);

	return bpf_map_create(BPF_MAP_TYPE_HASH, "goroutines", sizeof(uint64_t),
			      sizeof(struct gt_entry), size, &opts);
}

static int put_table(const struct tables *t, uint32_t which, int fd)
{
	return bpf_map_update_elem(t->outer, &which, &fd, BPF_ANY);
}

int tables_open(struct tables *t, uint32_t size)
{
	int fd = make_table(size);

	*t = (struct tables){.fd = {[GT_TABLE_NEW] = fd, [GT_TABLE_OLD] = -1},
			     .size = size,
			     .open = true};
	pthread_mutex_init(&t->lock, NULL);
	return fd < 0 ? fd : 0;
}

int tables_put(struct tables *t, int outer)
{
	t->outer = outer;
	return put_table(t, GT_TABLE_NEW, t->fd[GT_TABLE_NEW]);
}

void tables_close(struct tables *t)
{
	if (!t->open)
		return;
	for (int i = 0; i < GT_TABLES; i++)
		if (t->fd[i] >= 0)
			close(t->fd[i]);
	batch_free(&t->batch);
	pthread_mutex_destroy(&t->lock);
	t->open = false;
}

/* ---- growing ---------------------------------------------------------------------------------- */

static uint64_t filled(const struct tables *t, const struct gt_counters *now)
{
	uint64_t in = now->made - t->made + t->copied, out = now->gone - t->gone;

	return in > out ? in - out : 0;
}

bool tables_want_more(const struct tables *t, const struct gt_counters *now)
{
	return t->fd[GT_TABLE_OLD] < 0 && t->size < TABLE_MOST && !t->stuck &&
	       (filled(t, now) >= (uint64_t)t->size * FULL_PERCENT / 100 ||
		now->map_full > t->full);
}

static uint32_t next_size(const struct tables *t)
{
	uint64_t size = (uint64_t)t->size * LARGER;

	/* Of those that are there many may be gone. */
	if (t->living && t->living->known)
		size = (uint64_t)t->living->n * LARGER;
	if (t->living && size < t->size)
		size = t->size;
	return size > TABLE_MOST ? TABLE_MOST : (uint32_t)size;
}

/* Kernels before 5.10 take no table of another size (134fede4eecf): -EINVAL. */
int tables_grow(struct tables *t, const struct gt_counters *now)
{
	uint32_t size = next_size(t);
	int fd = make_table(size), r;

	t->full = now->map_full; /* what failed until now asks for nothing any more */
	if (fd < 0) {
		t->stuck = true;
		return fd;
	}
	pthread_mutex_lock(&t->lock);
	/* Old first: between the two steps both are the same. The kernel waits at each until no
	 * program runs that has looked before (maybe_wait_bpf_programs). */
	r = put_table(t, GT_TABLE_OLD, t->fd[GT_TABLE_NEW]);
	if (!r)
		r = put_table(t, GT_TABLE_NEW, fd);
	if (!r) {
		t->fd[GT_TABLE_OLD] = t->fd[GT_TABLE_NEW];
		t->fd[GT_TABLE_NEW] = fd;
		t->generation++;
	}
	pthread_mutex_unlock(&t->lock);
	if (r) {
		t->stuck = true;
		close(fd);
		return r;
	}
	log_add(LOG_INFO,
		"the kernel's table of %u goroutines is full by four fifths: one of %u %s", t->size,
		size, t->living ? "takes over those that live" : "takes over");
	t->size = size;
	t->made = now->made;
	t->gone = now->gone;
	t->copied = 0;
	t->copying = (struct tracer_cursor){0};
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool is_living(const struct tracer_living *l, uint64_t goid, const struct gt_entry *e)
{
	return e->last >= l->since ||
	       (l->n && bsearch(&goid, l->goids, l->n, sizeof(*l->goids), by_number));
}

static void copy_entry(void *ctx, uint64_t goid, const struct gt_entry *e)
{
	struct tables *t = ctx;

	if (t->living && !is_living(t->living, goid, e))
		return;
	if (!bpf_map_update_elem(t->fd[GT_TABLE_NEW], &goid, e, BPF_NOEXIST))
		t->copied++;
}

/* Nothing is left in the old table that is not in the new one. */
static void drop_old(struct tables *t)
{
	uint32_t which = GT_TABLE_OLD;

	bpf_map_delete_elem(t->outer, &which);
	pthread_mutex_lock(&t->lock);
	close(take_fd(&t->fd[GT_TABLE_OLD]));
	t->generation++;
	pthread_mutex_unlock(&t->lock);
}

bool tables_copy(struct tables *t)
{
	const struct entry_reader reader = {.fd = t->fd[GT_TABLE_OLD], .fn = copy_entry, .ctx = t};
	int more;

	if (t->fd[GT_TABLE_OLD] < 0)
		return false;
	more = read_entries(&reader, &t->batch, &t->copying, COPY_SLICE);
	if (more > 0)
		return true;
	if (more < 0)
		log_add(LOG_WARNING, "the kernel's table can't be read: %s", strerror(-more));
	drop_old(t);
	return false;
}
