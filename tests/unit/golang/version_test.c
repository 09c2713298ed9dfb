// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "golang/version.h"

static void versions_are_read_as_releases_write_them(void **state)
{
	static const struct {
		const char *text;
		int minor, patch;
		bool prerelease;
	} cases[] = {
		{"go1.26.5", 26, 5, false},
		{"go1.18", 18, 0, false},
		{"go1.20.14", 20, 14, false},
		{"go1.21.0", 21, 0, false},
		{"go1.27rc1", 27, -1, true},
		{"go1.18beta1", 18, 0, true},
		{"go1.24.3 X:boringcrypto", 24, 3, false},
		{"go1.17.5 X:noregabi", 17, 5, false},
		{"go1.21.9 (Red Hat 1.21.9-1.el9_4)", 21, 9, false},
		{"go1.25-20250209-RC00 cl/724", 25, -1, true},
		{"go1.22.3-vendor", 22, 3, false},
		{"go1.22.3bigcorp", 22, 3, true},
		{"devel go1.28-4e693d1e Mon Feb 23", 28, -1, true},
		{"devel +4e693d1e go1.17.1", 17, 1, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct go_version v;

		assert_true(go_version_parse(&v, cases[i].text, strlen(cases[i].text)));
		assert_int_equal(v.major, 1);
		assert_int_equal(v.minor, cases[i].minor);
		assert_int_equal(v.patch, cases[i].patch);
		assert_int_equal(v.prerelease, cases[i].prerelease);
		assert_string_equal(v.text, cases[i].text);
	}
}

static void what_is_no_version_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"go",
		"go1",
		"go1.",
		"1.26.5",
		"unknown",
		"devel +4e693d1e",
		"go1.99999999999",
		"gopher 1.2",
	};
	struct go_version v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		memset(&v, 0xff, sizeof(v));
		assert_false(go_version_parse(&v, texts[i], strlen(texts[i])));
		assert_int_equal(v.major, 0);
		assert_int_equal(v.minor, 0);
		assert_int_equal(v.patch, 0);
		assert_string_equal(v.text, "");
	}
	assert_false(go_version_parse(&v, "go1.26.5", -1));
}

static void only_the_given_bytes_are_looked_at(void **state)
{
	struct go_version v;

	(void)state;
	assert_true(go_version_parse(&v, "go1.26.59", 8));
	assert_int_equal(v.patch, 5);
	assert_true(go_version_parse(&v, "go1.26.5\0.7", 11));
	assert_string_equal(v.text, "go1.26.5");
}

static void the_text_is_safe_for_a_terminal(void **state)
{
	const char evil[] = "go1.26.5 \033]52;c;AAAA\007";
	struct go_version v;

	(void)state;
	assert_true(go_version_parse(&v, evil, sizeof(evil) - 1));
	assert_null(strchr(v.text, '\033'));
	assert_null(strchr(v.text, '\007'));
}

static void order_is_by_minor_then_patch(void **state)
{
	struct go_version v;

	(void)state;
	assert_true(go_version_parse(&v, "go1.23.4", 8));
	assert_true(go_version_cmp(&v, 22, 12) > 0);
	assert_true(go_version_cmp(&v, 23, 3) > 0);
	assert_int_equal(go_version_cmp(&v, 23, 4), 0);
	assert_true(go_version_cmp(&v, 23, 10) < 0);
	assert_true(go_version_cmp(&v, 24, 0) < 0);
	assert_true(go_version_parse(&v, "go2.0", 5));
	assert_true(go_version_cmp(&v, 99, 0) > 0);
}

static void what_comes_before_a_release_counts_as_it(void **state)
{
	static const char *const texts[] = {"go1.26rc2", "devel go1.26-4e693d1e Mon Feb 23",
					    "go1.26-20250209-RC00 cl/724"};
	struct go_version v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_true(go_version_parse(&v, texts[i], strlen(texts[i])));
		assert_int_equal(go_version_cmp(&v, 26, 0), 0);
		assert_true(go_version_cmp(&v, 25, 9) > 0);
		assert_true(go_version_cmp(&v, 26, 1) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_read_as_releases_write_them),
		cmocka_unit_test(what_is_no_version_is_none),
		cmocka_unit_test(only_the_given_bytes_are_looked_at),
		cmocka_unit_test(the_text_is_safe_for_a_terminal),
		cmocka_unit_test(order_is_by_minor_then_patch),
		cmocka_unit_test(what_comes_before_a_release_counts_as_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
