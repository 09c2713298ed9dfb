/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture to be written. Include it after cmocka.h. */
#ifndef TESTS_UNIT_FORMAT_MADE_UP_H
#define TESTS_UNIT_FORMAT_MADE_UP_H

#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "format/format.h"

#define MS NSEC_PER_MSEC
#define S  NSEC_PER_SEC

static const struct name made_up_start = {"example.com/app/pool.(*worker).run", "/src/pool.go", 50,
					  false};
static const struct name made_up_site = {"example.com/app/pool.New", "/src/pool.go", 42, false};
static const struct name made_up_gc = {"runtime.forcegchelper", "/go/proc.go", 300, true};

enum { MADE_UP_ROWS = 3 };

struct made_up {
	struct row rows[MADE_UP_ROWS];
	struct picture_row picture_rows[MADE_UP_ROWS];
	struct picture picture;
};

/* Of 17 all is known; 18 runs and little is known of it; 2 is the runtime's own. */
static inline void make_rows(struct row *rows)
{
	rows[0] = (struct row){
		.goid = 17,
		.since = 10 * S,
		.state = GS_WAITING,
		.raw = GS_WAITING,
		.bound = AGE_EXACT,
		.reason_text = "chan receive",
		.tid = 0,
		.processor = -1,
		.start = &made_up_start,
		.created = &made_up_site,
		.where = &made_up_start,
		.parent = 1,
		.waker = 204,
		.locked_tid = 2431,
		.transitions = 4321,
		.switches = 1234,
		.interval_switches = 7,
		.max_latency = 1300000,
		.times = {.running = 1, .runnable = 2, .waiting = 3, .syscall = 4, .unknown = 5},
		.interval = {.running = 250 * MS, .waiting = 750 * MS},
		.flags = ROW_KNOWS_REASON | ROW_KNOWS_THREAD | ROW_KNOWS_PROCESSOR |
			 ROW_KNOWS_MEMORY | ROW_KNOWS_COUNTS | ROW_KNOWS_WAKER,
	};
	rows[1] = (struct row){
		.goid = 18,
		.state = GS_RUNNING,
		.raw = GS_RUNNING,
		.tid = 2432,
		.processor = 3,
		.labels = 0xc000123456,
		.start = &name_unknown,
		.created = &name_unknown,
		.where = &name_unknown,
		.flags = ROW_KNOWS_THREAD | ROW_KNOWS_PROCESSOR | ROW_KNOWS_MEMORY,
	};
	rows[2] = (struct row){
		.goid = 2,
		.since = 50 * S,
		.state = GS_WAITING,
		.raw = GS_WAITING,
		.bound = AGE_MIN,
		.processor = -1,
		.start = &made_up_gc,
		.created = &name_unknown,
		.where = &name_unknown,
		.flags = ROW_SYSTEM,
	};
}

static inline void make_picture(struct made_up *m)
{
	make_rows(m->rows);
	for (size_t i = 0; i < MADE_UP_ROWS; i++)
		m->picture_rows[i] = (struct picture_row){.row = &m->rows[i]};
	m->picture = (struct picture){
		.time = 100 * S,
		.elapsed = 30 * S,
		.has_interval = true,
		.target = {.pid = 4242,
			   .comm = "server",
			   .exe = "/usr/bin/server",
			   .command = "server -x",
			   .go_version = "go1.26.8",
			   .arch = "amd64",
			   .layout = "table",
			   .stripped = true,
			   .threads = 9,
			   .gomaxprocs = 2,
			   .started = 40 * S},
		.source = {.mode = "probe+memory",
			   .why = "",
			   .probe = {.present = true,
				     .site = "runtime.casgstatus+0x1f",
				     .sites = 1,
				     .instruction = "nop",
				     .emulated = true,
				     .ns_per_hit = 899.6,
				     .attached_pct = 100},
			   .counted = true,
			   .transitions = 123456789012,
			   .transitions_per_s = 48200.25,
			   .lost = 1,
			   .map_full = 2,
			   .unread = 3,
			   .missed = 4,
			   .torn = 5,
			   .corrected = 6,
			   .bypassed = 7,
			   .overhead_pct = 3.14159,
			   .self_cpu_pct = 0.5},
		.summary = {.goroutines = 2,
			    .running = 1,
			    .waiting = 1,
			    .system = 1,
			    .created = 10,
			    .ended = 8,
			    .latency = {.total = 5000,
					.count = 100,
					.p50 = 12000,
					.p90 = 100000,
					.p99 = 1300000,
					.max = 2000000,
					.interval = true}},
		.context = {.now = 100 * S, .interval = 1 * S, .syscall_times = true},
		.matching = MADE_UP_ROWS,
		.n = MADE_UP_ROWS,
		.rows = m->picture_rows,
		.selected_at = -1,
	};
}

static inline const char *written(struct buf *b, const char *format, const struct picture *p,
				  struct format_options *o)
{
	const struct format *f = format_by_name(format);

	assert_non_null(f);
	buf_clear(b);
	f->picture(b, p, o);
	assert_false(b->failed);
	return buf_str(b);
}

#endif
