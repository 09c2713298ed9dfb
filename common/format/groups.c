// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/human.h"
#include "base/text.h"
#include "format/decimal.h"
#include "format/groups.h"

enum { COLUMNS = 32, GAP = 1 };

struct group_table {
	const struct picture *p;
	const struct format_options *o;
	const struct group_column *column[COLUMNS];
	int width[COLUMNS];
	size_t n;
};

/* ---- as text ---------------------------------------------------------------------------------- */

static const char *title_of(const struct group_table *t, const struct group_column *c)
{
	return c->cell == GROUP_CELL_KEY ? group_kinds[t->p->groups->by.kind].title : c->title;
}

static void cell_of(const struct group_table *t, const struct group_column *c, size_t row,
		    struct cell *cell)
{
	group_column_format(c, cell, t->p->groups, &t->p->groups->rows[row], t->o->ascii);
}

static void measure(struct group_table *t)
{
	struct cell cell;

	for (size_t i = 0; i < n_group_columns && t->n < COLUMNS; i++) {
		const struct group_column *c = &group_columns[i];

		if (c->cell == GROUP_CELL_TREND ||
		    (c->sites && t->p->groups->by.kind != GROUP_SITE))
			continue;
		t->column[t->n] = c;
		t->width[t->n] = text_width(title_of(t, c));
		for (size_t row = 0; row < t->p->groups->n; row++) {
			cell_of(t, c, row, &cell);
			if (text_width(cell.text) > t->width[t->n])
				t->width[t->n] = text_width(cell.text);
		}
		t->n++;
	}
}

/* Drops what matters least until the key has room. */
static void fit(struct group_table *t)
{
	while (t->o->width > 0) {
		size_t least = 0;
		int total = 2;

		for (size_t i = 0; i < t->n; i++) {
			total += GAP + (i + 1 == t->n ? t->column[i]->width : t->width[i]);
			if (t->column[i]->priority > t->column[least]->priority)
				least = i;
		}
		if (total <= t->o->width || !t->column[least]->priority)
			return;
		t->n--;
		for (size_t i = least; i < t->n; i++) {
			t->column[i] = t->column[i + 1];
			t->width[i] = t->width[i + 1];
		}
	}
}

static void put_aligned(struct buf *out, const struct group_table *t, size_t i, const char *text)
{
	int blanks = t->width[i] - text_width(text);
	bool right = t->column[i]->align == ALIGN_RIGHT, last = i + 1 == t->n;

	for (int k = right ? -GAP : 0; k < (right ? blanks : 0); k++)
		buf_putc(out, ' ');
	if (!right)
		buf_putc(out, ' ');
	buf_puts(out, text);
	for (int k = 0; !right && !last && k < blanks; k++)
		buf_putc(out, ' ');
}

static void put_row(struct buf *out, const struct group_table *t, size_t row)
{
	const struct group_row *r = &t->p->groups->rows[row];
	struct cell cell;

	buf_puts(out, r->why[0] ? "!" : " ");
	for (size_t i = 0; i < t->n; i++) {
		cell_of(t, t->column[i], row, &cell);
		put_aligned(out, t, i, cell.text);
	}
	buf_putc(out, '\n');
	if (r->why[0]) {
		char clean[sizeof(r->why)];

		text_clean(clean, sizeof(clean), r->why, strlen(r->why), t->o->ascii);
		buf_printf(out, "  ! %s\n", clean);
	}
}

void table_groups(struct buf *out, const struct picture *p, const struct format_options *o)
{
	struct group_table t = {.p = p, .o = o};

	measure(&t);
	fit(&t);
	buf_putc(out, ' ');
	for (size_t i = 0; i < t.n; i++)
		put_aligned(out, &t, i, title_of(&t, t.column[i]));
	buf_putc(out, '\n');
	for (size_t i = 0; i < p->groups->n; i++)
		put_row(out, &t, i);
	buf_putc(out, '\n');
}

/* ---- as comma-separated values ---------------------------------------------------------------- */

static void put_value(struct buf *out, const struct groups_picture *p, const struct group_row *r,
		      const struct group_column *c)
{
	char key[GROUP_KEY_MAX], digits[DECIMAL_MAX];
	bool whole = c->unit == UNIT_COUNT || c->unit == UNIT_TIME;
	double v;

	if (c->cell == GROUP_CELL_KEY && group_has_name(r))
		csv_field(out, group_key_text(key, sizeof(key), p, r, true));
	else if (c->cell == GROUP_CELL_STATES)
		buf_printf(out, "%llu,%llu,%llu,%llu,%llu", (unsigned long long)r->running,
			   (unsigned long long)r->runnable, (unsigned long long)r->syscall,
			   (unsigned long long)r->waiting, (unsigned long long)r->other);
	else if (c->number && c->number(r, &v))
		buf_puts(out, decimal(digits, v, whole ? 0 : 3));
}

static const char *csv_name(const struct group_column *c)
{
	return c->cell == GROUP_CELL_STATES ? "running,runnable,syscall,waiting,other" : c->name;
}

void csv_groups(struct buf *out, const struct picture *p, struct format_options *o)
{
	for (size_t i = 0; o->header && i < n_group_columns; i++)
		if (group_columns[i].cell != GROUP_CELL_TREND)
			buf_printf(out, "%s,", csv_name(&group_columns[i]));
	if (o->header)
		buf_puts(out, "leak\n");
	o->header = false;
	for (size_t row = 0; row < p->groups->n; row++) {
		const struct group_row *r = &p->groups->rows[row];

		for (size_t i = 0; i < n_group_columns; i++) {
			if (group_columns[i].cell == GROUP_CELL_TREND)
				continue;
			put_value(out, p->groups, r, &group_columns[i]);
			buf_putc(out, ',');
		}
		if (r->why[0])
			csv_field(out, r->why);
		buf_putc(out, '\n');
	}
}
