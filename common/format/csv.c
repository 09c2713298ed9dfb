// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Comma-separated values: fields quoted as RFC 4180 says, lines ended as Unix ends them. What is not
 * known is an empty field. Times are whole nanoseconds; functions are whole names, with the line
 * where a line is meant.
 */
#include <string.h>

#include "format/decimal.h"
#include "format/groups.h"
#include "format/outputs.h"

void csv_field(struct buf *out, const char *text)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		buf_puts(out, text);
		return;
	}
	buf_putc(out, '"');
	for (; *text; text++) {
		if (*text == '"')
			buf_putc(out, '"');
		buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

static void put_name(struct buf *out, const struct name *n)
{
	struct buf text = {0};

	buf_printf(&text, "%s:%d", n->function, n->line);
	csv_field(out, buf_str(&text));
	out->failed |= text.failed;
	buf_free(&text);
}

static void put_number(struct buf *out, const struct column *c, double v)
{
	char text[DECIMAL_MAX];
	bool whole = c->unit == UNIT_COUNT || c->unit == UNIT_ID || c->unit == UNIT_TIME;

	buf_puts(out, decimal(text, v, whole ? 0 : 3));
}

static void put_value(struct buf *out, const struct column *c, const struct row *r,
		      const struct row_context *ctx)
{
	const char *text;
	double v;

	if (c->number) {
		if (c->number(r, ctx, &v))
			put_number(out, c, v);
		return;
	}
	text = c->text(r, ctx);
	if (text && c->at_line && c->named(r)->line)
		put_name(out, c->named(r));
	else if (text)
		csv_field(out, text);
}

void format_csv(struct buf *out, const struct picture *p, struct format_options *o)
{
	size_t n = o->n_columns ? o->n_columns : n_columns;

	if (p->groups) {
		csv_groups(out, p, o);
		return;
	}
	for (size_t i = 0; o->header && i < n; i++)
		buf_printf(out, "%s%s", columns[o->n_columns ? o->columns[i] : (int)i].name,
			   i + 1 < n ? "," : "\n");
	o->header = false;
	for (size_t row = 0; row < p->n; row++)
		for (size_t i = 0; i < n; i++) {
			put_value(out, &columns[o->n_columns ? o->columns[i] : (int)i],
				  p->rows[row].row, &p->context);
			buf_putc(out, i + 1 < n ? ',' : '\n');
		}
}
