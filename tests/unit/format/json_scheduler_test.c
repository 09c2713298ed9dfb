// SPDX-License-Identifier: GPL-2.0-or-later
/* The scheduler and the alarms in the JSON object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <yajl/yajl_tree.h>

#include "base/gstatus.h"
#include "made_up.h"
#include "model/alarm.h"
#include "model/scheduler_picture.h"

static struct made_up made;
static struct scheduler_row ps[2];
static struct scheduler_picture scheduler;
static yajl_val root;

static int set_up(void **state)
{
	(void)state;
	make_picture(&made);
	ps[0] = (struct scheduler_row){.id = 0, .status = P_IDLE, .queue = -1, .m = -1};
	ps[1] = (struct scheduler_row){
		.id = 1,
		.status = P_RUNNING,
		.queue = 3,
		.next = 9,
		.m = 4,
		.tid = 77,
		.thread_state = 'R',
		.running = {.goid = 5, .state = GS_RUNNING, .since = 400, .bound = AGE_EXACT},
	};
	scheduler = (struct scheduler_picture){
		.time = 1000,
		.knows = SCHEDULER_KNOWS_PS | SCHEDULER_KNOWS_GC_PHASE,
		.gc_phase = GC_TERMINATION,
		.ps = ps,
		.n_ps = 2,
	};
	made.picture.scheduler = &scheduler;
	return 0;
}

static int forget(void **state)
{
	(void)state;
	yajl_tree_free(root);
	root = NULL;
	return 0;
}

/* The member of that name of the object that the picture is written as. */
static yajl_val written_member(const char *name)
{
	const char *path[] = {name, NULL};
	struct format_options o = {0};
	struct buf out = {0};
	yajl_val v;

	yajl_tree_free(root);
	root = yajl_tree_parse(written(&out, "json", &made.picture, &o), NULL, 0);
	buf_free(&out);
	assert_non_null(root);
	v = yajl_tree_get(root, path, yajl_t_any);
	assert_non_null(v);
	return v;
}

static yajl_val of(yajl_val v, const char *name)
{
	const char *path[] = {name, NULL};
	yajl_val found = yajl_tree_get(v, path, yajl_t_any);

	assert_non_null(found);
	return found;
}

static void an_alarm_has_its_kind_and_its_words(void **state)
{
	static const struct alarm alarms[] = {{ALARM_STOP, "stopping \"it\""},
					      {ALARM_GOMAXPROCS, "too many"}};
	yajl_val v;

	(void)state;
	made.picture.alarms = alarms;
	made.picture.n_alarms = 2;
	v = written_member("alarms");
	assert_int_equal(v->u.array.len, 2);
	assert_string_equal(YAJL_GET_STRING(of(v->u.array.values[0], "kind")), "stop");
	assert_string_equal(YAJL_GET_STRING(of(v->u.array.values[0], "text")), "stopping \"it\"");
	assert_string_equal(YAJL_GET_STRING(of(v->u.array.values[1], "kind")), "gomaxprocs");
}

static void an_alarm_that_ends_within_a_character_is_whole_json(void **state)
{
	static const struct alarm alarms[] = {{ALARM_STOP, "at main.gr\xc3"}};

	(void)state;
	made.picture.alarms = alarms;
	made.picture.n_alarms = 1;
	assert_string_equal(YAJL_GET_STRING(
				    of(written_member("alarms")->u.array.values[0], "text")),
			    "at main.gr\xef\xbf\xbd");
}

static void without_a_look_the_scheduler_is_null(void **state)
{
	(void)state;
	made.picture.scheduler = NULL;
	assert_true(YAJL_IS_NULL(written_member("scheduler")));
}

static void what_is_known_is_there_and_the_rest_is_null(void **state)
{
	static const char *const unknown[] = {"idle_ps",      "ms",	  "idle_ms", "spinning_ms",
					      "global_queue", "stopping", "latency", "run"};
	yajl_val v = written_member("scheduler"), p;

	(void)state;
	assert_string_equal(YAJL_GET_STRING(of(v, "gc_phase")), "mark termination");
	assert_int_equal(YAJL_GET_INTEGER(of(v, "gomaxprocs")), 2);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_true(YAJL_IS_NULL(of(v, unknown[i])));
	p = of(v, "ps")->u.array.values[0];
	assert_true(YAJL_IS_NULL(of(p, "queue")) && YAJL_IS_NULL(of(p, "goid")) &&
		    YAJL_IS_NULL(of(p, "m")) && YAJL_IS_NULL(of(p, "age_ns")) &&
		    YAJL_IS_NULL(of(p, "thread_state")));
	p = of(v, "ps")->u.array.values[1];
	assert_string_equal(YAJL_GET_STRING(of(p, "status")), "running");
	assert_int_equal(YAJL_GET_INTEGER(of(p, "goid")), 5);
	assert_int_equal(YAJL_GET_INTEGER(of(p, "age_ns")), 600);
	assert_string_equal(YAJL_GET_STRING(of(p, "age_bound")), "exact");
	assert_int_equal(YAJL_GET_INTEGER(of(p, "next")), 9);
	assert_string_equal(YAJL_GET_STRING(of(p, "thread_state")), "R");
}

static void a_histogram_has_its_buckets_that_are_not_empty(void **state)
{
	yajl_val v;

	(void)state;
	scheduler.latency.known = true;
	scheduler.latency.total.bucket[0] = 2;
	scheduler.latency.total.bucket[20] = 3;
	scheduler.latency.all = (struct percentiles){.count = 5, .p50 = 1 << 20};
	v = of(written_member("scheduler"), "latency");
	assert_int_equal(of(v, "total")->u.array.len, 2);
	assert_int_equal(YAJL_GET_INTEGER(of(of(v, "total")->u.array.values[0], "from_ns")), 0);
	assert_int_equal(YAJL_GET_INTEGER(of(of(v, "total")->u.array.values[1], "from_ns")),
			 1 << 20);
	assert_int_equal(YAJL_GET_INTEGER(of(of(v, "total")->u.array.values[1], "count")), 3);
	assert_int_equal(YAJL_GET_INTEGER(of(of(v, "total_ns"), "p50")), 1 << 20);
	/* There was no interval yet. */
	assert_true(YAJL_IS_NULL(of(v, "interval")) && YAJL_IS_NULL(of(v, "interval_ns")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_alarm_has_its_kind_and_its_words, set_up),
		cmocka_unit_test_setup(an_alarm_that_ends_within_a_character_is_whole_json, set_up),
		cmocka_unit_test_setup(without_a_look_the_scheduler_is_null, set_up),
		cmocka_unit_test_setup(what_is_known_is_there_and_the_rest_is_null, set_up),
		cmocka_unit_test_setup(a_histogram_has_its_buckets_that_are_not_empty, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
