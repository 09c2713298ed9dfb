// SPDX-License-Identifier: GPL-2.0-or-later
/* Outputs of stacks, of a picture made by hand. Go's and others' own readers are asked in tests/live. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "format/format.h"
#include "format/protobuf.h"

#define LINE(name, at, number, ...)                                                               \
	{                                                                                         \
		.function = (name), .symbol = (name), .file = (at), .line = (number), __VA_ARGS__ \
	}

static const struct stack_line parked[] = {
	LINE("runtime.gopark", "/go/proc.go", 400, .hidden = true, .pc = 0x401010,
	     .entry = 0x401000),
	LINE("sync.(*Mutex).Lock", "/go/mutex.go", 46, .inlined = true, .pc = 0x402020,
	     .entry = 0x402000),
	LINE("main.a;b", "/src/a b.go", 7, .user = true, .pc = 0x402020, .entry = 0x402000),
	LINE("main.f.gowrap1", "/src/a.go", 3, .hidden = true, .wrapper = true, .pc = 0x403030,
	     .entry = 0x403000),
};
static const struct stack_line panicked[] = {
	LINE("runtime.gopanic", "/go/panic.go", 900, .pc = 0x404008, .entry = 0x404000),
	LINE(NULL, NULL, 0, .pc = 0x500000),
};
static const struct stack_shown shown[] = {{0},
					   {parked, ARRAY_SIZE(parked), false},
					   {panicked, ARRAY_SIZE(panicked), true}};
static const uint32_t of[] = {1, 1, 2, 0, 1};
static const struct stacks_picture stacks = {shown, ARRAY_SIZE(shown), of, ARRAY_SIZE(of), 0};

static const struct name main_go = {"main.start", "/src/main.go", 20, false};
static struct row rows[5];
static struct picture_row picture_rows[5];
static struct picture picture;
static struct buf out;

static int begin(void **state)
{
	(void)state;
	memset(rows, 0, sizeof(rows));
	for (size_t i = 0; i < 5; i++) {
		rows[i] = (struct row){
			.goid = i + 1,
			.state = GS_WAITING,
			.since = 1,
			.bound = AGE_MIN,
			.flags = ROW_KNOWS_REASON | ROW_STACK_READ,
			.reason_text = "chan receive",
			.start = &main_go,
			.created = &main_go,
			.where = &name_unknown,
			.parent = i,
		};
		picture_rows[i] = (struct picture_row){.row = &rows[i]};
	}
	rows[3].state = GS_RUNNING;
	rows[4].flags |= ROW_STACK_GUESS;
	rows[4].locked_tid = 77;
	picture = (struct picture){
		.time = 200 * NSEC_PER_SEC,
		.context = {.now = 200 * NSEC_PER_SEC},
		.target = {.exe = "/bin/server", .comm = "server"},
		.n = 5,
		.matching = 5,
		.rows = picture_rows,
		.stacks = &stacks,
	};
	return 0;
}

static int finish(void **state)
{
	(void)state;
	buf_free(&out);
	return 0;
}

static const char *text_of(const char *format)
{
	struct format_options options = {0};

	buf_clear(&out);
	format_by_name(format)->picture(&out, &picture, &options);
	assert_false(out.failed);
	return buf_str(&out);
}

static void tracebacks_are_laid_out_as_go_does(void **state)
{
	static const char first[] = "goroutine 1 [chan receive, 3 minutes]:\n"
				    "sync.(*Mutex).Lock(...)\n"
				    "\t/go/mutex.go:46\n"
				    "main.a;b(...)\n"
				    "\t/src/a b.go:7 +0x20\n"
				    "created by main.start\n"
				    "\t/src/main.go:20\n"
				    "\n"
				    "goroutine 2 [";
	const char *text = text_of("stacks");

	(void)state;
	assert_memory_equal(text, first, sizeof(first) - 1);
	assert_non_null(strstr(text, "created by main.start in goroutine 1\n"));
	assert_non_null(strstr(text, "panic(...)\n\t/go/panic.go:900 +0x8\n?(...)\n\t?:0\n"
				     "...additional frames elided...\n"));
	assert_non_null(strstr(text, "goroutine 4 [running]:\n"
				     "\tgoroutine running on other thread; stack unavailable\n"));
	assert_non_null(strstr(text, "goroutine 5 [chan receive (last calls), 3 minutes, "
				     "locked to thread]:\n"));
}

static void a_leaked_one_tells_what_it_waits_for_and_not_how_long(void **state)
{
	(void)state;
	rows[0].state = rows[1].state = GS_LEAKED;
	rows[1].flags &= ~(uint32_t)ROW_KNOWS_REASON;
	assert_non_null(strstr(text_of("stacks"), "goroutine 1 [chan receive (leaked)]:\n"));
	assert_non_null(strstr(text_of("stacks"), "goroutine 2 [leaked (leaked)]:\n"));
}

static void folded_lines_count_and_divide(void **state)
{
	const char *text = text_of("folded");

	(void)state;
	assert_string_equal(text, "main.a,b;sync.(*Mutex).Lock;runtime.gopark 2\n"
				  "[unknown function];runtime.gopanic 1\n"
				  "[unknown stack] 1\n"
				  "[last calls of a running "
				  "goroutine];main.a,b;sync.(*Mutex).Lock;runtime.gopark 1\n");
}

static void what_go_leaves_out_is_left_out(void **state)
{
	(void)state;
	rows[1].state = GS_DEADEXTRA;
	rows[2].flags |= ROW_ENDED;
	assert_null(strstr(text_of("stacks"), "goroutine 2 "));
	assert_null(strstr(text_of("stacks"), "goroutine 3 "));
	assert_non_null(strstr(text_of("folded"), "runtime.gopark 1\n"));
	picture.n = 0;
	assert_string_equal(text_of("stacks"), "");
	assert_string_equal(text_of("folded"), "");
}

/* ---- profiles --------------------------------------------------------------------------------- */

static size_t inflate_profile(uint8_t *dst, size_t size)
{
	z_stream z = {.next_out = dst, .avail_out = (uInt)size};

	text_of("pprof");
	z.next_in = (Bytef *)out.p;
	z.avail_in = (uInt)out.len;
	assert_int_equal(inflateInit2(&z, 16 + MAX_WBITS), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	inflateEnd(&z);
	return size - z.avail_out;
}

static uint64_t varint(const uint8_t *p, size_t n, size_t *at)
{
	uint64_t v = 0;

	for (int shift = 0;; shift += 7) {
		assert_true(*at < n);
		v |= (uint64_t)(p[*at] & 0x7f) << shift;
		if (!(p[(*at)++] & 0x80))
			return v;
	}
}

/* How many fields of each number the message has; the texts of field 6 go to `texts`. */
static void count_fields(const uint8_t *p, size_t n, unsigned count[16], struct buf *texts)
{
	memset(count, 0, 16 * sizeof(*count));
	for (size_t at = 0; at < n;) {
		uint64_t key = varint(p, n, &at), v = varint(p, n, &at);

		assert_true(key >> 3 < 16);
		count[key >> 3]++;
		if ((key & 7) == 0)
			continue;
		assert_int_equal(key & 7, 2);
		assert_true(v <= n - at);
		if (key >> 3 == 6)
			buf_printf(texts, "%.*s\n", (int)v, (const char *)p + at);
		at += v;
	}
}

static void a_profile_has_a_sample_for_each_stack(void **state)
{
	enum { SAMPLE = 2, MAPPING = 3, LOCATION = 4, FUNCTION = 5 };
	_cleanup_(buf_free) struct buf texts = {0};
	uint8_t raw[4096];
	unsigned count[16];

	(void)state;
	count_fields(raw, inflate_profile(raw, sizeof(raw)), count, &texts);
	assert_int_equal(count[SAMPLE], 4);
	assert_int_equal(count[MAPPING], 1);
	/* gopark, the one with an inlined call, gopanic, two of which nothing is known; no wrapper. */
	assert_int_equal(count[LOCATION], 5);
	assert_int_equal(count[FUNCTION], 6);
	assert_memory_equal(buf_str(&texts), "\ngoroutine\ncount\n", 17);
	assert_non_null(strstr(buf_str(&texts), "main.a;b\n"));
	assert_non_null(strstr(buf_str(&texts), "last calls of a running goroutine\n"));
	assert_non_null(strstr(buf_str(&texts), "/bin/server\n"));
	assert_null(strstr(buf_str(&texts), "gowrap"));
}

static void an_empty_profile_is_one(void **state)
{
	_cleanup_(buf_free) struct buf texts = {0};
	uint8_t raw[4096];
	unsigned count[16];

	(void)state;
	picture.n = 0;
	picture.stacks = NULL;
	count_fields(raw, inflate_profile(raw, sizeof(raw)), count, &texts);
	assert_int_equal(count[2], 0);
	assert_int_equal(count[1], 1);
}

static void varints_are_as_long_as_they_must_be(void **state)
{
	static const uint8_t wanted[] = {0x08, 0xac, 0x02, 0x12, 0x02, 'h', 'i'};
	_cleanup_(buf_free) struct buf b = {0};

	(void)state;
	protobuf_number(&b, 1, 300);
	protobuf_number(&b, 1, 0);
	protobuf_bytes(&b, 2, "hi", 2);
	assert_int_equal(b.len, sizeof(wanted));
	assert_memory_equal(b.p, wanted, sizeof(wanted));
	buf_clear(&b);
	protobuf_varint(&b, UINT64_MAX);
	assert_int_equal(b.len, 10);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tracebacks_are_laid_out_as_go_does),
		TEST(a_leaked_one_tells_what_it_waits_for_and_not_how_long),
		TEST(folded_lines_count_and_divide),
		TEST(what_go_leaves_out_is_left_out),
		TEST(a_profile_has_a_sample_for_each_stack),
		TEST(an_empty_profile_is_one),
		TEST(varints_are_as_long_as_they_must_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
