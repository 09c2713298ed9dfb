// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <locale.h>
#include <stdio.h>
#include <cmocka.h>
#include <yajl/yajl_tree.h>

#include "base/text.h"
#include "made_up.h"

static struct made_up made;
static struct buf out;
static yajl_val root;

/* Writes the picture and reads it back. */
static void read_back(void)
{
	struct format_options o = {0};
	const char *text = written(&out, "json", &made.picture, &o);
	char error[200] = "";

	yajl_tree_free(root);
	assert_int_equal(strcspn(text, "\n"), out.len - 1); /* one line */
	root = yajl_tree_parse(text, error, sizeof(error));
	if (!root)
		print_error("%s\n%s\n", text, error);
	assert_non_null(root);
}

static int set_up(void **state)
{
	(void)state;
	make_picture(&made);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	yajl_tree_free(root);
	root = NULL;
	buf_free(&out);
	return 0;
}

/* The value at "a.b"; a number means a place in an array. */
static yajl_val at(const char *path)
{
	yajl_val v = root;
	char copy[200], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *key = strtok_r(copy, ".", &save); key; key = strtok_r(NULL, ".", &save)) {
		if (*key >= '0' && *key <= '9') {
			assert_true(YAJL_IS_ARRAY(v) && (size_t)atoi(key) < v->u.array.len);
			v = v->u.array.values[atoi(key)];
		} else {
			const char *one[] = {key, NULL};

			v = yajl_tree_get(v, one, yajl_t_any);
		}
		if (!v)
			print_error("%s: there is no %s\n", path, key);
		assert_non_null(v);
	}
	return v;
}

static void assert_number(const char *path, const char *expected)
{
	assert_true(YAJL_IS_NUMBER(at(path)));
	assert_string_equal(YAJL_GET_NUMBER(at(path)), expected);
}

static void assert_text(const char *path, const char *expected)
{
	assert_true(YAJL_IS_STRING(at(path)));
	assert_string_equal(YAJL_GET_STRING(at(path)), expected);
}

static void assert_null_at(const char *path)
{
	if (!YAJL_IS_NULL(at(path)))
		print_error("%s is not null\n", path);
	assert_true(YAJL_IS_NULL(at(path)));
}

/* The keys of the object, in their order. */
static void assert_keys(const char *path, const char *expected)
{
	yajl_val v = at(path);
	struct buf keys = {0};

	assert_true(YAJL_IS_OBJECT(v));
	for (size_t i = 0; i < v->u.object.len; i++)
		buf_printf(&keys, "%s%s", i ? " " : "", v->u.object.keys[i]);
	assert_string_equal(buf_str(&keys), expected);
	buf_free(&keys);
}

static void the_keys_are_those_of_the_schema(void **state)
{
	(void)state;
	read_back();
	assert_keys("", "schema time elapsed_ns target source summary alarms scheduler goroutines");
	assert_keys("target", "pid comm exe go_version arch stripped layout threads gomaxprocs "
			      "exited");
	assert_keys("source", "mode probe transitions transitions_per_s lost map_full unread "
			      "missed torn corrected bypassed overhead_pct self_cpu_pct");
	assert_keys("source.probe", "site sites instruction cost ns_per_hit attached_pct");
	assert_keys("summary", "goroutines system running runnable waiting syscall other created "
			       "ended sched_latency_ns");
	assert_keys("summary.sched_latency_ns", "count p50 p90 p99 max");
	assert_keys("goroutines.0",
		    "goid state age_ns age_bound reason thread processor start created_by where "
		    "where_bound "
		    "parent waker system locked_thread transitions switches observed_ns "
		    "running_ns runnable_ns waiting_ns syscall_ns unknown_ns "
		    "max_sched_latency_ns labels waits_on");
	assert_keys("goroutines.0.created_by", "function file line");
	assert_keys("goroutines.0.where", "function file line");
}

static void the_header_says_what_is_known(void **state)
{
	(void)state;
	read_back();
	assert_text("schema", "goroutop/1");
	assert_true(YAJL_IS_STRING(at("time")));
	assert_int_equal(strlen(at("time")->u.string), strlen("2026-01-31T12:00:00.000Z"));
	assert_number("elapsed_ns", "30000000000");
	assert_number("target.pid", "4242");
	assert_text("target.comm", "server");
	assert_text("target.exe", "/usr/bin/server");
	assert_text("target.go_version", "go1.26.8");
	assert_text("target.arch", "amd64");
	assert_text("target.layout", "table");
	assert_true(YAJL_IS_TRUE(at("target.stripped")));
	assert_true(YAJL_IS_FALSE(at("target.exited")));
	assert_number("target.threads", "9");
	assert_number("target.gomaxprocs", "2");
	assert_text("source.mode", "probe+memory");
	assert_text("source.probe.site", "runtime.casgstatus+0x1f");
	assert_text("source.probe.cost", "emulated");
	assert_number("source.probe.ns_per_hit", "899.600");
	assert_number("source.probe.attached_pct", "100.000");
	assert_number("source.transitions", "123456789012");
	assert_number("source.transitions_per_s", "48200.250");
	assert_number("source.lost", "1");
	assert_number("source.bypassed", "7");
	assert_number("source.overhead_pct", "3.142");
	assert_number("summary.goroutines", "2");
	assert_number("summary.system", "1");
	assert_number("summary.sched_latency_ns.p99", "1300000");
	assert_number("summary.sched_latency_ns.count", "5000");
	assert_int_equal(at("alarms")->u.array.len, 0);
}

static void a_goroutine_says_what_is_known(void **state)
{
	(void)state;
	read_back();
	assert_int_equal(at("goroutines")->u.array.len, MADE_UP_ROWS);
	assert_number("goroutines.0.goid", "17");
	assert_text("goroutines.0.state", "waiting");
	assert_number("goroutines.0.age_ns", "90000000000");
	assert_text("goroutines.0.age_bound", "exact");
	assert_text("goroutines.0.reason", "chan receive");
	assert_text("goroutines.0.start", "example.com/app/pool.(*worker).run");
	assert_text("goroutines.0.created_by.function", "example.com/app/pool.New");
	assert_text("goroutines.0.created_by.file", "/src/pool.go");
	assert_number("goroutines.0.created_by.line", "42");
	assert_number("goroutines.0.where.line", "50");
	assert_number("goroutines.0.parent", "1");
	assert_number("goroutines.0.waker", "204");
	assert_true(YAJL_IS_FALSE(at("goroutines.0.system")));
	assert_number("goroutines.0.locked_thread", "2431");
	assert_number("goroutines.0.observed_ns", "15");
	assert_number("goroutines.0.syscall_ns", "4");
	assert_number("goroutines.0.unknown_ns", "5");
	assert_number("goroutines.0.max_sched_latency_ns", "1300000");
	assert_keys("goroutines.0.labels", "");
	assert_number("goroutines.1.thread", "2432");
	assert_number("goroutines.1.processor", "3");
	assert_text("goroutines.2.age_bound", "min");
	assert_true(YAJL_IS_TRUE(at("goroutines.2.system")));
}

static void what_is_not_known_is_null(void **state)
{
	static const char *const nulls[] = {
		"goroutines.0.thread",	      "goroutines.0.processor",
		"goroutines.1.age_ns",	      "goroutines.1.age_bound",
		"goroutines.1.reason",	      "goroutines.1.start",
		"goroutines.1.created_by",    "goroutines.1.where",
		"goroutines.1.parent",	      "goroutines.1.waker",
		"goroutines.1.locked_thread", "goroutines.1.transitions",
		"goroutines.1.switches",      "goroutines.1.observed_ns",
		"goroutines.1.running_ns",    "goroutines.1.runnable_ns",
		"goroutines.1.waiting_ns",    "goroutines.1.syscall_ns",
		"goroutines.1.unknown_ns",    "goroutines.1.max_sched_latency_ns",
		"goroutines.1.labels", /* it has some; nobody has read them */
		"goroutines.2.labels", /* nobody knows whether it has any */
	};

	(void)state;
	read_back();
	for (size_t i = 0; i < ARRAY_SIZE(nulls); i++)
		assert_null_at(nulls[i]);
}

static void the_first_object_has_no_rates(void **state)
{
	(void)state;
	made.picture.has_interval = false;
	made.picture.context.interval = 0;
	made.picture.summary.latency = (struct latency_summary){.total = 3, .max = 5};
	made.picture.source.transitions_per_s = -1;
	read_back();
	assert_null_at("source.transitions_per_s");
	assert_null_at("source.overhead_pct");
	assert_number("summary.sched_latency_ns.count", "3");
	assert_null_at("summary.sched_latency_ns.p50");
	assert_null_at("summary.sched_latency_ns.p90");
	assert_null_at("summary.sched_latency_ns.p99");
	assert_number("summary.sched_latency_ns.max", "5");
}

static void from_memory_alone_there_is_no_probe(void **state)
{
	(void)state;
	made.picture.source.mode = "memory";
	made.picture.source.probe = (struct probe_facts){0};
	made.picture.source.counted = false;
	made.picture.target.go_version = made.picture.target.layout = "";
	made.picture.target.threads = made.picture.target.gomaxprocs = 0;
	read_back();
	assert_null_at("source.probe");
	assert_null_at("source.transitions");
	assert_null_at("source.transitions_per_s");
	assert_null_at("summary.sched_latency_ns");
	assert_null_at("target.go_version");
	assert_null_at("target.layout");
	assert_null_at("target.threads");
	assert_null_at("target.gomaxprocs");
}

static void what_probes_have_counted_outlives_them(void **state)
{
	(void)state;
	made.picture.source.mode = "memory";
	made.picture.source.probe = (struct probe_facts){0};
	read_back();
	assert_null_at("source.probe");
	assert_number("source.transitions", "123456789012");
	assert_number("source.bypassed", "7");
	assert_null_at("source.transitions_per_s");
	assert_number("summary.sched_latency_ns.count", "5000");
	assert_null_at("summary.sched_latency_ns.p50");
	assert_number("summary.sched_latency_ns.max", "2000000");
}

static void where_syscalls_count_as_running_their_time_is_null(void **state)
{
	(void)state;
	made.picture.context.syscall_times = false;
	read_back();
	assert_null_at("goroutines.0.syscall_ns");
	assert_number("goroutines.0.running_ns", "1");
}

static void who_has_ended_is_not_there(void **state)
{
	(void)state;
	made.rows[1].flags |= ROW_ENDED;
	read_back();
	assert_int_equal(at("goroutines")->u.array.len, MADE_UP_ROWS - 1);
}

static void the_largest_numbers_stay_what_they_are(void **state)
{
	(void)state;
	made.rows[0].goid = UINT64_MAX;
	made.rows[0].times.running = UINT64_MAX - 14;
	made.picture.source.transitions_per_s = 1e300;
	read_back();
	assert_number("goroutines.0.goid", "18446744073709551615");
	assert_number("goroutines.0.running_ns", "18446744073709551601");
	assert_number("source.transitions_per_s", "9000000000000000000.000");
}

static void invalid_bytes_never_come_out(void **state)
{
	static const struct name evil = {"a\xff\x1b[31m\"\\\n\xe2\x80\xae", "/\xc0\xaf", 1, false};
	const char *p;
	size_t n;

	(void)state;
	made.rows[0].start = made.rows[0].created = &evil;
	made.picture.target.comm = "\x80\xed\xa0\x80";
	read_back();
	p = buf_str(&out);
	n = out.len - 1;
	while (n) {
		uint32_t cp;
		size_t len = text_decode(p, n, &cp);

		assert_true(text_is_safe(cp));
		assert_false(cp == 0xfffd && len == 1);
		p += len;
		n -= len;
	}
}

/* In many locales a number has a comma. */
static void numbers_have_a_point_in_every_locale(void **state)
{
	static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "ru_RU.UTF-8"};

	(void)state;
	for (size_t i = 0; !setlocale(LC_ALL, names[i]);)
		if (++i == ARRAY_SIZE(names))
			skip();
	read_back();
	setlocale(LC_ALL, "C");
	assert_number("source.overhead_pct", "3.142");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_keys_are_those_of_the_schema),
		TEST(the_header_says_what_is_known),
		TEST(a_goroutine_says_what_is_known),
		TEST(what_is_not_known_is_null),
		TEST(the_first_object_has_no_rates),
		TEST(from_memory_alone_there_is_no_probe),
		TEST(what_probes_have_counted_outlives_them),
		TEST(where_syscalls_count_as_running_their_time_is_null),
		TEST(who_has_ended_is_not_there),
		TEST(the_largest_numbers_stay_what_they_are),
		TEST(invalid_bytes_never_come_out),
		TEST(numbers_have_a_point_in_every_locale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
