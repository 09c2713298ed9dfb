// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel half alone, on a process and a place that the test has found by itself: nothing of
 * golang/, runtime/ or model/ has a part in what it says. Used by kernel.py.
 *
 *	kernel_half PID OFFSET VADDR KEY=VALUE…
 *
 * It attaches, says "attached", and obeys one command a line, each answered by lines of JSON and a
 * line "end": entries, records (since the last time), counts, sums, attach, detach, quit.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "bpf/tracer.h"

static const struct {
	const char *name;
	size_t offset;
	size_t size;
} keys[] = {
#define KEY(member)                                                         \
	{                                                                   \
#member, offsetof(struct tracer_options, config.member),    \
			sizeof(((struct tracer_options *)0)->config.member) \
	}
	KEY(identity),
	KEY(tgid),
	KEY(goid_late),
	KEY(off_goid),
	KEY(off_waitreason),
	KEY(off_m),
	KEY(off_procid),
	KEY(off_gopc),
	KEY(off_curg),
	KEY(reg_g),
	KEY(flap_reasons),
	KEY(park_lo),
	KEY(park_hi),
#undef KEY
	{"max_goroutines", offsetof(struct tracer_options, max_goroutines), 4},
	{"ring_bytes", offsetof(struct tracer_options, ring_bytes), 4},
};

static void set(struct tracer_options *o, struct gt_site *site, const char *text)
{
	const char *value = strchr(text, '=');
	int64_t number = value ? strtoll(value + 1, NULL, 0) : 0;

	for (size_t i = 0; value && i < ARRAY_SIZE(keys); i++) {
		if (strncmp(keys[i].name, text, (size_t)(value - text)) ||
		    keys[i].name[value - text])
			continue;
		memcpy((char *)o + keys[i].offset, &number, keys[i].size); /* little-endian */
		return;
	}
	if (value && !strncmp(text, "return_sp=", 10)) {
		site->return_sp = (int32_t)number;
		return;
	}
	fprintf(stderr, "no such key: %s\n", text);
	exit(EXIT_USAGE);
}

static void say_entry(void *ctx, uint64_t goid, const struct gt_entry *e)
{
	(void)ctx;
	printf("{\"goid\":%" PRIu64 ",\"g\":%" PRIu64 ",\"first\":%" PRIu64 ",\"since\":%" PRIu64
	       ",\"last\":%" PRIu64 ",\"unknown\":%" PRIu64 ",\"runnable\":%" PRIu64
	       ",\"running\":%" PRIu64 ",\"syscall\":%" PRIu64 ",\"waiting\":%" PRIu64
	       ",\"max_latency\":%" PRIu64 ",\"waker\":%" PRIu64
	       ",\"transitions\":%u,\"switches\":%u,\"tid\":%u,\"raw\":%u,\"folded\":%u,"
	       "\"reason\":%u,\"flags\":%u}\n",
	       goid, (uint64_t)e->g, (uint64_t)e->first, (uint64_t)e->since, (uint64_t)e->last,
	       (uint64_t)e->unknown, (uint64_t)e->runnable, (uint64_t)e->running,
	       (uint64_t)e->syscall, (uint64_t)e->waiting, (uint64_t)e->max_latency,
	       (uint64_t)e->waker, e->transitions, e->switches, e->tid, e->raw, e->folded,
	       e->reason, e->flags);
}

static void say_record(void *ctx, const struct gt_record *r)
{
	(void)ctx;
	printf("{\"goid\":%" PRIu64 ",\"g\":%" PRIu64 ",\"time\":%" PRIu64 ",\"waker\":%" PRIu64
	       ",\"tid\":%u,\"sequence\":%u,\"old\":%u,\"new\":%u,\"reason\":%u,\"flags\":%u}\n",
	       (uint64_t)r->goid, (uint64_t)r->g, (uint64_t)r->time, (uint64_t)r->waker, r->tid,
	       r->sequence, r->old_state, r->new_state, r->reason, r->flags);
}

static void say_sum(void *ctx, uint64_t gopc, const struct gt_site_sum *s)
{
	(void)ctx;
	printf("{\"gopc\":%" PRIu64 ",\"created\":%" PRIu64 ",\"ended\":%" PRIu64
	       ",\"unknown\":%" PRIu64 ",\"runnable\":%" PRIu64 ",\"running\":%" PRIu64
	       ",\"waiting\":%" PRIu64 ",\"switches\":%" PRIu64 "}\n",
	       gopc, (uint64_t)s->created, (uint64_t)s->ended, (uint64_t)s->unknown,
	       (uint64_t)s->runnable, (uint64_t)s->running, (uint64_t)s->waiting,
	       (uint64_t)s->switches);
}

static void say_counts(struct tracer *t)
{
	struct tracer_counts c;

	tracer_counts(t, &c);
	printf("{\"hits\":%" PRIu64 ",\"strangers\":%" PRIu64 ",\"lost\":%" PRIu64
	       ",\"map_full\":%" PRIu64 ",\"map_busy\":%" PRIu64 ",\"unread\":%" PRIu64
	       ",\"missed\":%" PRIu64 ",\"newborn_full\":%" PRIu64 ",\"site_full\":%" PRIu64
	       ",\"torn\":%" PRIu64 ",\"alien\":%" PRIu64 "}\n",
	       (uint64_t)c.kernel.hits, (uint64_t)c.kernel.strangers, (uint64_t)c.kernel.lost,
	       (uint64_t)c.kernel.map_full, (uint64_t)c.kernel.map_busy, (uint64_t)c.kernel.unread,
	       (uint64_t)c.kernel.missed, (uint64_t)c.kernel.newborn_full,
	       (uint64_t)c.kernel.site_full, c.torn, c.alien);
}

static void obey(struct tracer *t, const char *command)
{
	struct tracer_cursor cursor = {0};
	struct err err = {.text = "nothing"};
	int r = 0;

	if (!strcmp(command, "entries\n"))
		while ((r = tracer_entries(t, &cursor, 1000, say_entry, NULL)) > 0)
			;
	else if (!strcmp(command, "records\n"))
		r = tracer_drain(t, say_record, NULL, SIZE_MAX) < 0;
	else if (!strcmp(command, "counts\n"))
		say_counts(t);
	else if (!strcmp(command, "sums\n"))
		r = tracer_site_sums(t, say_sum, NULL);
	else if (!strcmp(command, "attach\n"))
		r = tracer_attach(t, &err);
	else if (!strcmp(command, "detach\n"))
		tracer_detach(t);
	else
		r = -EINVAL;
	if (r)
		printf("error %d %s\n", r, err.text);
	puts("end");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct tracer_site site = {.emulated = true,
				   .site = {.gp = {GT_REGISTER, 0},
					    .old_status = {GT_REGISTER, 1},
					    .new_status = {GT_REGISTER, 2}}};
	struct tracer_options o = {.config = {.identity = GT_ID_INIT,
					      .off_waitreason = -1,
					      .off_m = -1,
					      .off_procid = -1,
					      .off_gopc = -1,
					      .off_curg = -1,
					      .stream = 1},
				   .sites = &site,
				   .n_sites = 1,
				   .max_goroutines = 65536};
	char command[64];
	struct tracer *t;
	struct err err;

	if (argc < 4)
		return EXIT_USAGE;
	o.pid = atoi(argv[1]);
	o.config.tgid = (uint32_t)o.pid;
	snprintf(o.exe_path, sizeof(o.exe_path), "/proc/%d/exe", (int)o.pid);
	site.file_offset = strtoull(argv[2], NULL, 0);
	site.site.vaddr = strtoull(argv[3], NULL, 0);
	for (int i = 4; i < argc; i++)
		set(&o, &site.site, argv[i]);
	if (tracer_open(&t, &o, &err) || tracer_attach(t, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return err.status;
	}
	puts("attached");
	fflush(stdout);
	while (fgets(command, sizeof(command), stdin) && strcmp(command, "quit\n"))
		obey(t, command);
	tracer_close(t);
	return EXIT_DONE;
}
