// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The screen's table as text: a few lines that say how things are, a line of titles, the rows, an
 * empty line. As wide as it needs to be, or cut to a width as the screen cuts it: columns that may
 * shrink do, then those of least priority go, unless somebody chose them.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/human.h"
#include "base/text.h"
#include "format/groups.h"
#include "format/outputs.h"
#include "model/alarm.h"

enum { TABLE_COLUMNS = 64, TABLE_PRIORITY = 7 };

struct table {
	struct buf *out;
	const struct picture *p;
	const struct format_options *o;
	struct row_context ctx;
	int column[TABLE_COLUMNS]; /* indices into columns[] */
	int width[TABLE_COLUMNS];
	size_t n;
};

/* ---- colours ---------------------------------------------------------------------------------- */

static const char *const sgr[CELL_ROLES] = {
	[CELL_UNKNOWN] = "2",	       [CELL_RUNNING] = "32",	    [CELL_RUNNABLE] = "33",
	[CELL_RUNNABLE_LATE] = "1;33", [CELL_SYSCALL] = "34",	    [CELL_OTHER] = "35",
	[CELL_AGE_LONG] = "1",	       [CELL_AGE_VERY_LONG] = "31", [CELL_DIM] = "2",
};

static void color(const struct table *t, const char *code)
{
	if (t->o->color && code)
		buf_printf(t->out, "\033[%sm", code);
}

/* ---- texts in columns ------------------------------------------------------------------------- */

/* How many bytes of s take at most `width` columns; *taken is how many they take. */
static size_t front(const char *s, int width, int *taken)
{
	size_t left = strlen(s), bytes = 0;

	*taken = 0;
	while (left) {
		uint32_t cp;
		size_t len = text_decode(s + bytes, left, &cp);
		int w = text_width_of(cp);

		if (*taken + w > width)
			break;
		*taken += w;
		bytes += len;
		left -= len;
	}
	return bytes;
}

/* Where the end of s begins that takes at most `width` columns. */
static const char *back(const char *s, int width)
{
	int total = text_width(s);

	while (*s && total > width) {
		uint32_t cp;
		size_t len = text_decode(s, strlen(s), &cp);

		total -= text_width_of(cp);
		s += len;
	}
	return s;
}

/* Puts s in `width` columns, cut if it must be; returns the columns that it took. */
static int put_cut(struct buf *out, const char *s, int width, enum column_cut cut, bool ascii)
{
	const char *mark = ascii ? ".." : "…";
	int mark_width = ascii ? 2 : 1, room = width - mark_width, head, taken;

	if (text_width(s) <= width || room < 2) {
		buf_put(out, s, front(s, width, &taken));
		return taken;
	}
	head = cut == CUT_MIDDLE ? room / 2 : room;
	buf_put(out, s, front(s, head, &taken));
	buf_puts(out, mark);
	taken += mark_width;
	if (cut == CUT_MIDDLE) {
		const char *tail = back(s, width - taken);

		buf_puts(out, tail);
		taken += text_width(tail);
	}
	return taken;
}

static void put_blanks(struct buf *out, int n)
{
	while (n-- > 0)
		buf_putc(out, ' ');
}

static void put_cell(const struct table *t, size_t i, const char *text, const char *code)
{
	const struct column *c = &columns[t->column[i]];
	int width = t->width[i], room = width - text_width(text);
	bool last = i + 1 == t->n;

	if (i)
		buf_putc(t->out, ' ');
	if (c->align == ALIGN_RIGHT)
		put_blanks(t->out, room);
	color(t, code);
	room = width - put_cut(t->out, text, width, c->cut, t->ctx.ascii);
	color(t, code ? "0" : NULL);
	if (c->align == ALIGN_LEFT && !last)
		put_blanks(t->out, room);
}

/* ---- which columns, how wide ------------------------------------------------------------------ */

static void title(const struct table *t, int column, char *dst, size_t size)
{
	const char *mark = "";

	if (t->o->sort.column == column)
		mark = t->o->sort.dir == SORT_DESC ? (t->ctx.ascii ? "v" : "▾")
						   : (t->ctx.ascii ? "^" : "▴");
	snprintf(dst, size, "%s%s", columns[column].title, mark);
}

static void choose(struct table *t)
{
	for (size_t i = 0; i < n_columns && !t->o->n_columns; i++)
		if (columns[i].priority >= 0 && columns[i].priority <= TABLE_PRIORITY)
			t->column[t->n++] = (int)i;
	for (size_t i = 0; i < t->o->n_columns && t->n < TABLE_COLUMNS; i++)
		t->column[t->n++] = t->o->columns[i];
}

static void measure(struct table *t)
{
	struct cell cell;

	for (size_t i = 0; i < t->n; i++) {
		char head[64];

		title(t, t->column[i], head, sizeof(head));
		t->width[i] = text_width(head);
	}
	for (size_t row = 0; row < t->p->n; row++)
		for (size_t i = 0; i < t->n; i++) {
			int width;

			column_format(&columns[t->column[i]], &cell, t->p->rows[row].row, &t->ctx);
			width = text_width(cell.text);
			if (width > t->width[i])
				t->width[i] = width;
		}
}

static int total_width(const struct table *t)
{
	int total = (int)t->n - 1;

	for (size_t i = 0; i < t->n; i++)
		total += t->width[i];
	return total;
}

/* Narrows the widest column that is wider than it has to be; false: there is none. */
static bool shrink(struct table *t)
{
	size_t widest = t->n;

	for (size_t i = 0; i < t->n; i++)
		if (t->width[i] > columns[t->column[i]].width && columns[t->column[i]].max_width &&
		    (widest == t->n || t->width[i] > t->width[widest]))
			widest = i;
	if (widest == t->n)
		return false;
	t->width[widest]--;
	return true;
}

/* Drops the column that matters least; false: all must stay. */
static bool drop(struct table *t)
{
	size_t least = 0;

	if (t->o->n_columns)
		return false;
	for (size_t i = 0; i < t->n; i++)
		if (columns[t->column[i]].priority > columns[t->column[least]].priority)
			least = i;
	if (!t->n || columns[t->column[least]].priority <= 0)
		return false;
	t->n--;
	for (size_t i = least; i < t->n; i++) {
		t->column[i] = t->column[i + 1];
		t->width[i] = t->width[i + 1];
	}
	return true;
}

static void fit(struct table *t)
{
	choose(t);
	measure(t);
	if (t->o->width <= 0)
		return;
	while (total_width(t) > t->o->width && (shrink(t) || drop(t)))
		;
}

/* ---- the header ------------------------------------------------------------------------------- */

static void put_count(struct buf *out, const char *name, uint64_t n)
{
	char text[HUMAN_MAX];

	buf_printf(out, "  %s %s", name, human_count(text, sizeof(text), n));
}

/* A duration as people read it, "–" when it is not known. */
static void put_time(struct buf *out, const char *name, bool known, uint64_t ns)
{
	char text[HUMAN_MAX];

	buf_printf(out, "  %s %s", name, known ? human_age(text, sizeof(text), ns) : "–");
}

static void put_target(struct buf *out, const struct picture *p)
{
	char time[32], up[HUMAN_MAX];
	const struct target_facts *f = &p->target;

	clock_local_time(time, sizeof(time), clock_wall_at(p->time));
	buf_printf(out, "%.8s  %s %d  %s%s", time, f->comm, (int)f->pid,
		   f->go_version[0] ? f->go_version : "Go –", f->stripped ? " stripped" : "");
	if (p->time > f->started)
		buf_printf(out, "  up %s", human_age(up, sizeof(up), p->time - f->started));
	buf_printf(out, "  %s%s", p->source.mode, f->exited ? "  has ended" : "");
	if (p->source.why[0])
		buf_printf(out, "  %s", p->source.why);
}

static void put_states(struct buf *out, const struct picture *p)
{
	const struct summary *s = &p->summary;
	char text[HUMAN_MAX];

	buf_printf(out, "Goroutines %s", human_count(text, sizeof(text), s->goroutines));
	put_count(out, "running", s->running);
	put_count(out, "runnable", s->runnable);
	put_count(out, "syscall", s->syscall);
	put_count(out, "waiting", s->waiting);
	if (s->other)
		put_count(out, "other", s->other);
	put_count(out, "system", s->system);
	put_count(out, "created", s->created);
	put_count(out, "ended", s->ended);
}

static void put_pace(struct buf *out, const struct picture *p)
{
	const struct latency_summary *l = &p->summary.latency;
	const struct source_facts *s = &p->source;
	bool known = l->interval && l->count;
	char text[HUMAN_MAX];

	buf_printf(out, "Transitions %s/s",
		   p->has_interval ? human_rate(text, sizeof(text), s->transitions_per_s) : "–");
	put_time(out, "latency p50", known, l->p50);
	put_time(out, "p99", known, l->p99);
	put_time(out, "max", l->max, l->max);
	known = p->has_interval && s->probe.ns_per_hit > 0;
	buf_printf(out, "  cost %s",
		   known ? human_percent(text, sizeof(text), s->overhead_pct) : "–");
}

static void put_losses(struct buf *out, const struct source_facts *s)
{
	const struct {
		const char *name;
		uint64_t n;
		bool always;
	} losses[] = {
		{"lost", s->lost, true},	  {"map full", s->map_full, false},
		{"unread", s->unread, false},	  {"missed", s->missed, false},
		{"torn", s->torn, false},	  {"fixed", s->corrected, true},
		{"bypassed", s->bypassed, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(losses); i++)
		if (losses[i].n || losses[i].always)
			put_count(out, losses[i].name, losses[i].n);
}

/* Our own signs as ASCII has them; what else is not ASCII text_clean makes "?". */
static void plain_signs(char *s)
{
	static const struct {
		const char *sign;
		char plain;
	} signs[] = {{"µ", 'u'}, {"–", '-'}, {"≥", '>'}};

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		for (char *p; (p = strstr(s, signs[i].sign));) {
			size_t n = strlen(signs[i].sign);

			*p = signs[i].plain;
			memmove(p + 1, p + n, strlen(p + n) + 1);
		}
}

/* One line of the header, cut to the width, in ASCII where that is asked for. */
static void put_line(const struct table *t, struct buf *line)
{
	size_t size = line->len + 1;
	_cleanup_free_ char *clean = malloc(size);
	int taken;

	if (!clean || line->failed) {
		t->out->failed = true;
	} else {
		if (t->ctx.ascii && line->p)
			plain_signs(line->p);
		text_clean(clean, size, buf_str(line), size, t->ctx.ascii);
		buf_put(t->out, clean,
			t->o->width > 0 ? front(clean, t->o->width, &taken) : strlen(clean));
		buf_putc(t->out, '\n');
	}
	buf_clear(line);
}

static void put_header(const struct table *t)
{
	_cleanup_(buf_free) struct buf line = {0};

	put_target(&line, t->p);
	put_line(t, &line);
	put_states(&line, t->p);
	put_line(t, &line);
	for (size_t i = 0; i < t->p->n_alarms; i++) {
		buf_printf(&line, "! %s", t->p->alarms[i].text);
		put_line(t, &line);
	}
	if (!t->p->source.probe.present && strcmp(t->p->source.mode, "replay"))
		return;
	put_pace(&line, t->p);
	put_losses(&line, &t->p->source);
	put_line(t, &line);
}

/* ---- the table -------------------------------------------------------------------------------- */

static void put_titles(const struct table *t)
{
	char text[64];

	for (size_t i = 0; i < t->n; i++) {
		title(t, t->column[i], text, sizeof(text));
		put_cell(t, i, text, "1");
	}
	buf_putc(t->out, '\n');
}

static void put_row(const struct table *t, const struct row *r)
{
	struct cell cell;

	for (size_t i = 0; i < t->n; i++) {
		column_format(&columns[t->column[i]], &cell, r, &t->ctx);
		put_cell(t, i, cell.text, r->flags & ROW_SYSTEM ? "2" : sgr[cell.role]);
	}
	buf_putc(t->out, '\n');
}

void format_table(struct buf *out, const struct picture *p, struct format_options *o)
{
	struct table t = {.out = out, .p = p, .o = o, .ctx = p->context};

	t.ctx.ascii = o->ascii;
	if (p->groups) {
		put_header(&t);
		table_groups(out, p, o);
		return;
	}
	fit(&t);
	put_header(&t);
	put_titles(&t);
	for (size_t i = 0; i < p->n; i++)
		put_row(&t, p->rows[i].row);
	buf_putc(out, '\n');
}
