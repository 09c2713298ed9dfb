// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "golang/layout.h"

static const struct layout_row *row_of(const char *version, enum go_arch arch)
{
	struct go_version v;

	assert_true(go_version_parse(&v, version, strlen(version)));
	return layout_table_find(&v, arch);
}

/* Offsets of g as read in the sources of these releases (src/runtime/runtime2.go). */
static void known_offsets_of_g_are_in_the_table(void **state)
{
	static const struct {
		const char *version;
		int m, atomicstatus, goid, waitreason, parent, gopc, startpc, labels;
	} cases[] = {
		{"go1.17", 48, 144, 152, 176, LAYOUT_NONE, 296, 312, 360},
		{"go1.19.13", 48, 144, 152, 176, LAYOUT_NONE, 296, 312, 360},
		{"go1.20.14", 48, 144, 152, 176, LAYOUT_NONE, 296, 312, 360},
		{"go1.21.13", 48, 144, 152, 176, 272, 280, 296, 344},
		{"go1.22.12", 48, 144, 152, 176, 272, 280, 296, 344},
		{"go1.23.5", 48, 152, 160, 184, 280, 288, 304, 352},
		{"go1.24.12", 48, 152, 160, 184, 280, 288, 304, 352},
		{"go1.25.0", 48, 144, 152, 176, 272, 280, 296, 344},
		{"go1.26.11", 48, 144, 152, 176, 280, 288, 304, 352},
		{"go1.27.4", 48, 144, 152, 176, 280, 288, 304, 352},
	};

	(void)state;
	for (enum go_arch arch = GO_ARCH_AMD64; arch <= GO_ARCH_ARM64; arch++)
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			const struct layout_row *r = row_of(cases[i].version, arch);

			assert_non_null(r);
			assert_int_equal(r->offset[LF_G_M], cases[i].m);
			assert_int_equal(r->offset[LF_G_ATOMICSTATUS], cases[i].atomicstatus);
			assert_int_equal(r->offset[LF_G_GOID], cases[i].goid);
			assert_int_equal(r->offset[LF_G_WAITREASON], cases[i].waitreason);
			assert_int_equal(r->offset[LF_G_PARENTGOID], cases[i].parent);
			assert_int_equal(r->offset[LF_G_GOPC], cases[i].gopc);
			assert_int_equal(r->offset[LF_G_STARTPC], cases[i].startpc);
			assert_int_equal(r->offset[LF_G_LABELS], cases[i].labels);
		}
}

static void wait_reasons_are_those_of_their_release(void **state)
{
	static const struct {
		const char *version;
		int number;
		const char *text;
	} cases[] = {
		{"go1.17", 18, "semacquire"},
		{"go1.20.14", 21, "sync.Mutex.Lock"},
		{"go1.22.12", 36, "coroutine"},
		{"go1.23.3", 36, "coroutine"},
		{"go1.23.4", 37, "GC weak to strong wait"},
		{"go1.24.12", 24, "sync.WaitGroup.Wait"},
		{"go1.25.0", 20, "sleep"},
		{"go1.26.11", 14, "sleep"},
		{"go1.27.4", 46, "cleanup wait"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct layout_row *r = row_of(cases[i].version, GO_ARCH_AMD64);

		assert_non_null(r);
		assert_true(cases[i].number < r->n_wait_reasons);
		assert_string_equal(r->wait_reasons[cases[i].number], cases[i].text);
	}
	assert_int_equal(row_of("go1.23.3", GO_ARCH_AMD64)->n_wait_reasons, 37);
}

static void a_version_that_was_never_looked_at_has_no_row(void **state)
{
	static const char *const texts[] = {
		"go1.16.15", "go1.27rc1", "go1.27.4999",
		"go1.99.0",  "go2.26.5",  "devel go1.26-4e693d1e",
		"go1.26",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_null(row_of(texts[i], GO_ARCH_AMD64));
	assert_null(row_of("go1.26.5", GO_ARCH_NONE));
	assert_non_null(row_of("go1.26.5", GO_ARCH_AMD64));
}

static void rows_come_newest_first_and_do_not_overlap(void **state)
{
	size_t n;
	const struct layout_row *r = layout_table(&n);

	(void)state;
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		assert_true(r[i].first_patch <= r[i].last_patch);
		assert_true(r[i].minor >= 17);
		assert_non_null(r[i].origin);
		if (!i || r[i].arch != r[i - 1].arch)
			continue;
		assert_true(r[i].minor <= r[i - 1].minor);
		if (r[i].minor == r[i - 1].minor)
			assert_true(r[i].last_patch < r[i - 1].first_patch);
	}
}

/* What the tool cannot do without is known for every release. */
static void every_row_has_what_every_release_has(void **state)
{
	static const enum layout_field needed[] = {
		LF_G_STACK_LO,
		LF_G_STACK_HI,
		LF_G_M,
		LF_G_SCHED_SP,
		LF_G_SCHED_PC,
		LF_G_GOID,
		LF_G_GOPC,
		LF_G_STARTPC,
		LF_G_WAITREASON,
		LF_G_ATOMICSTATUS,
		LF_G_SIZE,
		LF_G_WAITING,
		LF_G_LABELS,
		LF_G_LOCKEDM,
		LF_G_TRACKINGSEQ,
		LF_M_PROCID,
		LF_M_CURG,
		LF_M_P,
		LF_M_ID,
		LF_M_ALLLINK,
		LF_M_G0,
		LF_M_GSIGNAL,
		LF_P_ID,
		LF_P_STATUS,
		LF_P_M,
		LF_P_RUNQ,
		LF_SCHED_NGSYS,
		LF_SUDOG_G,
		LF_SUDOG_C,
		LF_HCHAN_QCOUNT,
		LF_TIMER_WHEN,
		LF_POLLDESC_FD,
		LF_MODULE_TEXT,
		LF_NOTIFYLIST_HEAD,
		LF_SEMAROOT_TREAP,
	};
	size_t n;
	const struct layout_row *r = layout_table(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t f = 0; f < ARRAY_SIZE(needed); f++)
			assert_int_not_equal(r[i].offset[needed[f]], LAYOUT_NONE);
		assert_true(r[i].n_wait_reasons >= 26);
		assert_string_equal(r[i].wait_reasons[2], "IO wait");
	}
}

static void a_layout_says_which_releases_it_is_of(void **state)
{
	const struct layout_row *r = row_of("go1.26.11", GO_ARCH_AMD64);
	struct layout l;

	(void)state;
	layout_from_row(&l, r, LAYOUT_TABLE);
	assert_int_equal(l.origin, LAYOUT_TABLE);
	assert_non_null(strstr(l.source, "go1.26."));
	assert_non_null(strstr(l.source, "linux/amd64"));
	assert_int_equal(l.offset[LF_G_GOID], 152);
	assert_string_equal(layout_origin_name(l.origin), "table");
	assert_string_equal(go_arch_name(GO_ARCH_ARM64), "arm64");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_offsets_of_g_are_in_the_table),
		cmocka_unit_test(wait_reasons_are_those_of_their_release),
		cmocka_unit_test(a_version_that_was_never_looked_at_has_no_row),
		cmocka_unit_test(rows_come_newest_first_and_do_not_overlap),
		cmocka_unit_test(every_row_has_what_every_release_has),
		cmocka_unit_test(a_layout_says_which_releases_it_is_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
