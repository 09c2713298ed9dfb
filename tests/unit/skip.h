/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a unit test needs and has not: said on stderr, where tests/unit/cmocka.py reads it. */
#ifndef GOROUTOP_TESTS_SKIP_H
#define GOROUTOP_TESTS_SKIP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline bool is_required(const char *what)
{
	const char *list = getenv("GOROUTOP_REQUIRE");

	return list && strstr(list, what);
}

/* Skips the test; fails it where GOROUTOP_REQUIRE names what. */
static inline void skip_for(const char *what, const char *why)
{
	fprintf(stderr, "skipped: %s\n", why);
	if (is_required(what))
		fail_msg("%s is required: %s", what, why);
	skip();
}

#endif
