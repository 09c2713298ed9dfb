// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of columns, sort orders, and the order of two rows. */
#include <string.h>

#include "base/buf.h"
#include "model/column.h"
#include "model/label_column.h"
#include "model/sort_key.h"

/* err_set with the names that would have been right. */
static int unknown_column(struct err *err, const char *name, size_t n)
{
	struct buf names = {0};
	int r;

	for (size_t i = 0; i < n_columns; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", columns[i].name);
	if (!strncmp(name, LABEL_COLUMN_PREFIX, strlen(LABEL_COLUMN_PREFIX)))
		r = err_set(
			err, EXIT_USAGE, 0,
			"label=NAME needs a name of at most %d letters, and there can be %d such "
			"columns",
			LABEL_COLUMN_NAME - 1 - (int)strlen(LABEL_COLUMN_PREFIX), LABEL_COLUMNS);
	else
		r = err_set(err, EXIT_USAGE, 0, "no column \"%.*s\"; there are: %s, label=NAME",
			    (int)(n < 60 ? n : 60), name, buf_str(&names));
	buf_free(&names);
	return r;
}

int columns_parse(const char *list, int *ret, size_t max, size_t *n, struct err *err)
{
	size_t found = 0;

	for (const char *p = list;; p++) {
		size_t len = strcspn(p, ",");
		int c = column_by_name(p, len);

		if (c < 0)
			return unknown_column(err, p, len);
		if (found == max)
			return err_set(err, EXIT_USAGE, 0, "more than %zu columns", max);
		ret[found++] = c;
		p += len;
		if (!*p)
			break;
	}
	*n = found;
	return 0;
}

int sort_parse(const char *text, struct sort_spec *ret, struct err *err)
{
	size_t n = strcspn(text, ":");
	int c = column_by_name(text, n);
	enum sort_dir dir;

	if (c < 0)
		return unknown_column(err, text, n);
	if (!text[n])
		dir = columns[c].first;
	else if (!strcmp(text + n, ":asc"))
		dir = SORT_ASC;
	else if (!strcmp(text + n, ":desc"))
		dir = SORT_DESC;
	else
		return err_set(err, EXIT_USAGE, 0,
			       "a sort order is COLUMN, COLUMN:asc or "
			       "COLUMN:desc, not \"%.60s\"",
			       text);
	*ret = (struct sort_spec){.column = c, .dir = dir};
	return 0;
}

static int compare_known(const struct column *c, const struct row *a, const struct row *b,
			 const struct row_context *ctx)
{
	double x = 0, y = 0;

	if (c->compare)
		return c->compare(a, b, ctx);
	c->number(a, ctx, &x);
	c->number(b, ctx, &y);
	return (x > y) - (x < y);
}

int sort_compare(const struct sort_spec *s, const struct row *a, const struct row *b,
		 const struct row_context *ctx)
{
	const struct column *c = &columns[s->column];
	bool known = column_known(c, a, ctx);
	int order = 0;

	if (known != column_known(c, b, ctx))
		return known ? -1 : 1;
	if (known)
		order = compare_known(c, a, b, ctx);
	if (order)
		return s->dir == SORT_DESC ? -order : order;
	return (a->goid > b->goid) - (a->goid < b->goid);
}

/* An unsigned number in the order of the double; v is not a NaN. */
static uint64_t ordered_bits(double v)
{
	uint64_t bits;

	v += 0.0; /* −0 → 0 */
	memcpy(&bits, &v, sizeof(bits));
	return bits >> 63 ? ~bits : bits | 1ull << 63;
}

/* The first eight bytes, the first one weighing most. */
static uint64_t leading_bytes(const char *text)
{
	uint64_t key = 0;

	for (int i = 0; i < 8; i++) {
		key = key << 8 | (unsigned char)*text;
		text += *text != '\0';
	}
	return key;
}

/* The unknown come after all others, and alone have the last key. */
static uint64_t clear_of_unknown(uint64_t key)
{
	return key < UINT64_MAX ? key : UINT64_MAX - 1;
}

uint64_t sort_key(const struct sort_spec *s, const struct row *r, const struct row_context *ctx)
{
	const struct column *c = &columns[s->column];
	uint64_t key;

	if (c->rank) {
		key = c->rank(r) + 2; /* clear of the last keys, turned round */
	} else if (c->text) {
		const char *text = c->text(r, ctx);

		if (!text)
			return UINT64_MAX;
		key = leading_bytes(text);
	} else {
		double v;

		if (!c->number(r, ctx, &v))
			return UINT64_MAX;
		key = ordered_bits(v);
	}
	return clear_of_unknown(s->dir == SORT_DESC ? ~key : key);
}

uint64_t sort_key_turned(uint64_t key)
{
	return key < UINT64_MAX ? clear_of_unknown(~key) : key;
}

bool sort_key_is_exact(const struct sort_spec *s)
{
	return !columns[s->column].text || columns[s->column].rank;
}
