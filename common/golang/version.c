// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/text.h"
#include "golang/version.h"

#define NUMBER_MAX 9999 /* of a major, minor or patch: more is no version */

struct cursor {
	const char *p, *end;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes a decimal number; false (cursor where it was) when there is none or it is too large. */
static bool take_number(struct cursor *c, int *ret)
{
	const char *p = c->p;
	int n = 0;

	if (p == c->end || !is_digit(*p))
		return false;
	for (; p < c->end && is_digit(*p); p++) {
		n = n * 10 + (*p - '0');
		if (n > NUMBER_MAX)
			return false;
	}
	c->p = p;
	*ret = n;
	return true;
}

static bool take_dot_number(struct cursor *c, int *ret)
{
	struct cursor after = {c->p + 1, c->end};

	if (c->p == c->end || *c->p != '.' || !take_number(&after, ret))
		return false;
	*c = after;
	return true;
}

/* Moves to behind the "go" of the first "go1.…"; false when there is none. */
static bool find_go(struct cursor *c, int *major, int *minor)
{
	for (; c->end - c->p >= 2; c->p++) {
		struct cursor after = {c->p + 2, c->end};

		if (c->p[0] != 'g' || c->p[1] != 'o')
			continue;
		if (take_number(&after, major) && take_dot_number(&after, minor)) {
			*c = after;
			return true;
		}
	}
	return false;
}

/*
 * Go 1.21 and newer write ".0" (https://go.dev/doc/toolchain), older releases did not: "go1.20" is
 * a release, "go1.25-20250209-RC00" (as Google builds it) is none.
 */
static void take_patch(struct go_version *v, struct cursor *c)
{
	if (take_dot_number(c, &v->patch))
		return;
	if (v->major == 1 && v->minor <= 20) {
		v->patch = 0;
	} else {
		v->patch = -1;
		v->prerelease = true;
	}
}

bool go_version_parse(struct go_version *ret, const char *text, int n)
{
	struct go_version v = {0};
	struct cursor c = {text, text + (n > 0 ? strnlen(text, n) : 0)};
	size_t len = c.end - c.p;

	*ret = v;
	if (!find_go(&c, &v.major, &v.minor))
		return false;
	take_patch(&v, &c);
	if (c.p < c.end && *c.p != ' ' && *c.p != '-')
		v.prerelease = true;
	if (len >= 5 && !memcmp(text, "devel", 5))
		v.prerelease = true;
	text_clean(v.text, sizeof(v.text), text, len, false);
	*ret = v;
	return true;
}

int go_version_cmp(const struct go_version *a, int minor, int patch)
{
	int known = a->patch < 0 ? 0 : a->patch;

	if (a->major != 1)
		return a->major > 1 ? 1 : -1;
	if (a->minor != minor)
		return a->minor < minor ? -1 : 1;
	return (known > patch) - (known < patch);
}
