// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/layout.h"

/*
 * Generated: static const int16_t arrays, one a distinct layout, each with the number of fields it
 * was made for; texts of wait reasons; and `rows`.
 */
#include "golang/layout_table.inc"

const char *go_arch_name(enum go_arch arch)
{
	static const char *const names[] = {
		[GO_ARCH_NONE] = "unknown",
		[GO_ARCH_AMD64] = "amd64",
		[GO_ARCH_ARM64] = "arm64",
	};

	return (size_t)arch < ARRAY_SIZE(names) ? names[arch] : names[GO_ARCH_NONE];
}

const char *layout_origin_name(enum layout_origin origin)
{
	static const char *const names[] = {
		[LAYOUT_UNKNOWN] = "unknown",	    [LAYOUT_DWARF] = "dwarf",
		[LAYOUT_TABLE] = "table",	    [LAYOUT_MATCHED] = "matched",
		[LAYOUT_CALIBRATED] = "calibrated",
	};

	return (size_t)origin < ARRAY_SIZE(names) ? names[origin] : names[LAYOUT_UNKNOWN];
}

const struct layout_row *layout_table(size_t *n)
{
	*n = ARRAY_SIZE(rows);
	return rows;
}

bool layout_row_hidden(const struct layout_row *row)
{
	const char *hidden = secure_getenv("GOROUTOP_HIDE_LAYOUTS");
	char *end;

	if (!hidden)
		return false;
	if (!strcmp(hidden, "all"))
		return true;
	for (long minor; *hidden; hidden = *end ? end + 1 : end) {
		minor = strtol(hidden, &end, 10);
		if (end != hidden && minor == row->minor)
			return true;
	}
	return false;
}

const struct layout_row *layout_table_find(const struct go_version *v, enum go_arch arch)
{
	if (v->major != 1 || v->prerelease)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct layout_row *r = &rows[i];

		if (r->arch == arch && !layout_row_hidden(r) && r->minor == v->minor &&
		    v->patch >= r->first_patch && v->patch <= r->last_patch)
			return r;
	}
	return NULL;
}

/* "go1.20" is how releases up to 1.20 call their patch 0. */
static int put_release(char *dst, size_t size, int minor, int patch)
{
	if (minor <= 20 && patch == 0)
		return snprintf(dst, size, "go1.%d", minor);
	return snprintf(dst, size, "go1.%d.%d", minor, patch);
}

void layout_from_row(struct layout *ret, const struct layout_row *row, enum layout_origin origin)
{
	char first[32], last[32];

	put_release(first, sizeof(first), row->minor, row->first_patch);
	put_release(last, sizeof(last), row->minor, row->last_patch);
	ret->origin = origin;
	if (row->first_patch == row->last_patch)
		snprintf(ret->source, sizeof(ret->source), "%s linux/%s", first,
			 go_arch_name(row->arch));
	else
		snprintf(ret->source, sizeof(ret->source), "%s–%s linux/%s", first, last,
			 go_arch_name(row->arch));
	for (size_t i = 0; i < LF_COUNT; i++)
		ret->offset[i] = row->offset[i];
	ret->wait_reasons = row->wait_reasons;
	ret->n_wait_reasons = row->n_wait_reasons;
}
