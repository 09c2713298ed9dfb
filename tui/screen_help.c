// SPDX-License-Identifier: GPL-2.0-or-later
/* The help screen, made from the tables of keys and columns. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "model/column.h"
#include "tui/app.h"
#include "tui/moving.h"

enum { HEAD_LINES = 1, COLUMN_LEAST = 58, COLUMNS_MOST = 3 };

/* One line: a heading (no text), an empty one before the next block, or a word and what it means. */
struct line {
	const char *word, *text;
	enum role role;
	bool heading;
};

typedef VEC(struct line) line_list;

/* ---- what it says ----------------------------------------------------------------------------- */

static void heading(line_list *l, const char *text)
{
	vec_push(l, ((struct line){.word = text, .role = ROLE_STRONG, .heading = true}));
}

static void entry(line_list *l, const char *word, enum role role, const char *text)
{
	vec_push(l, ((struct line){.word = word, .role = role, .text = text}));
}

static void add_keys(line_list *l)
{
	for (int group = 0; group < KEYS_GROUPS; group++) {
		heading(l, key_group_name((enum key_group)group));
		for (size_t i = 0; i < n_keys; i++)
			if ((int)keys[i].group == group && keys[i].help)
				entry(l, keys[i].label, ROLE_ACCENT, keys[i].help);
	}
}

static void add_columns(line_list *l)
{
	heading(l, "Columns");
	for (size_t i = 0; i < n_columns; i++)
		entry(l, columns[i].name, ROLE_ACCENT, columns[i].help); /* as -s, -c, filters */
}

static const struct line others[] = {
	{"Mouse", NULL, ROLE_STRONG, true},
	{"title", "sort by this column; again: invert", ROLE_ACCENT, false},
	{"row", "select it; again: details", ROLE_ACCENT, false},
	{"wheel", "scroll", ROLE_ACCENT, false},
	{"Filter", NULL, ROLE_STRONG, true},
	{"word", "in a function, file, reason or label", ROLE_ACCENT, false},
	{"reason:chan", "a column contains; reason=… equals", ROLE_ACCENT, false},
	{"label:k=v", "the label k of pprof is v", ROLE_ACCENT, false},
	{"waits:0xc0…", "waits on the lock, channel, … there", ROLE_ACCENT, false},
	{"age>1m", "numbers: < <= > >=, in ns us ms s m h", ROLE_ACCENT, false},
	{"a b | !c", "a and b, or not c; ( ) and \"…\" too", ROLE_ACCENT, false},
	{"Colours", NULL, ROLE_STRONG, true},
	{"running", "has a thread and runs", ROLE_RUNNING, false},
	{"runnable", "could run, waits for its turn", ROLE_RUNNABLE, false},
	{"runnable", "… for longer than 99% of the others", ROLE_LATE, false},
	{"syscall", "in the kernel", ROLE_SYSCALL, false},
	{"waiting", "on what REASON says", ROLE_WAITING, false},
	{"1m30s", "waits for more than a minute", ROLE_AGE_LONG, false},
	{"41m05s", "waits for more than ten minutes", ROLE_AGE_VERY_LONG, false},
	{"–", "not known", ROLE_DIM, false},
	{"Counters", NULL, ROLE_STRONG, true},
	{"lost", "transitions that found no room in the buffer", ROLE_ACCENT, false},
	{"fixed", "states that memory corrected", ROLE_ACCENT, false},
	{"full", "goroutines without room in the table", ROLE_ACCENT, false},
	{"unread", "hits whose goroutine was not readable", ROLE_ACCENT, false},
	{"missed", "changes that came between unseen", ROLE_ACCENT, false},
	{"torn", "entries found half written, read again", ROLE_ACCENT, false},
	{"bypassed", "changes made without casgstatus", ROLE_ACCENT, false},
};

static void make_lines(line_list *l)
{
	add_keys(l);
	add_columns(l);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		vec_push(l, others[i]);
}

/* ---- how it is laid out ----------------------------------------------------------------------- */

/* The lines from a heading to the next one, with the empty one between. */
static size_t block_length(const line_list *l, size_t from)
{
	size_t n = 1;

	while (from + n < l->n && !l->v[from + n].heading)
		n++;
	return n + 1;
}

/* How many columns of at most `height` lines the blocks take, each block whole. */
static int columns_at(const line_list *l, size_t height, size_t *starts)
{
	size_t used = 0;
	int n = 1;

	starts[0] = 0;
	for (size_t i = 0; i < l->n; i += block_length(l, i) - 1) {
		size_t length = block_length(l, i);

		if (used && used + length > height + 1) {
			if (n == COLUMNS_MOST)
				return n + 1;
			starts[n++] = i;
			used = 0;
		}
		used += length;
	}
	return n;
}

struct sheet {
	line_list lines;
	size_t starts[COLUMNS_MOST + 1]; /* first line of each column; behind the last: the end */
	int n, width;
	size_t height;
};

static void sheet_free(struct sheet *s)
{
	vec_free(&s->lines);
}

/* The lowest height at which all blocks find room beside each other. */
static void make_sheet(struct sheet *s, const struct area *body)
{
	int most = body->width / COLUMN_LEAST;

	most = most < 1 ? 1 : most > COLUMNS_MOST ? COLUMNS_MOST : most;
	make_lines(&s->lines);
	for (s->height = 1; (s->n = columns_at(&s->lines, s->height, s->starts)) > most;)
		s->height++;
	s->starts[s->n] = s->lines.n;
	s->width = body->width / s->n;
	/* One column is as long as it is. */
	if (s->n == 1)
		for (size_t i = s->height = 0; i < s->lines.n; i++)
			s->height += 1 + (i && s->lines.v[i].heading);
}

static void draw_line(const struct line *l, struct pen pen)
{
	enum { WORD = 12 };

	pen_skip(&pen, l->heading ? 1 : 2);
	pen_cell(&pen, l->role, l->word, WORD, ALIGN_LEFT, FIT_END);
	pen_skip(&pen, 1);
	if (l->text)
		pen_put(&pen, ROLE_TEXT, l->text);
}

static void draw_column(const struct sheet *s, int column, const struct area *area, int first)
{
	int line = -first;

	for (size_t i = s->starts[column]; i < s->starts[column + 1]; i++) {
		if (i != s->starts[column] && s->lines.v[i].heading)
			line++;
		draw_line(&s->lines.v[i], pen_line(area, line++));
	}
}

/* ---- the screen ------------------------------------------------------------------------------- */

static void help_arrange(struct app *app, const struct area *body)
{
	_cleanup_(sheet_free) struct sheet s = {0};

	make_sheet(&s, body);
	window_fit(&app->help, s.height,
		   body->height > HEAD_LINES ? (size_t)body->height - HEAD_LINES : 0);
}

static void help_draw(struct app *app, const struct area *body)
{
	_cleanup_(sheet_free) struct sheet s = {0};
	struct pen pen = pen_line(body, 0);

	make_sheet(&s, body);
	pen_ground(&pen, ROLE_TITLE);
	if (app->help.first + app->help.height < app->help.total)
		pen_put_right(&pen, ROLE_TITLE, "↓ more ");
	pen_printf(&pen, ROLE_TITLE_NAME, " goroutop %s", GOROUTOP_VERSION);
	pen_put(&pen, ROLE_TITLE, "   htop for goroutines");
	for (int i = 0; i < s.n; i++) {
		struct area a = {body->y + HEAD_LINES, body->x + i * s.width,
				 body->height - HEAD_LINES, s.width - 1};

		draw_column(&s, i, &a, (int)app->help.first);
	}
}

static enum reaction help_act(struct app *app, enum action action)
{
	return moving_text(&app->help, action) ? REACT_DONE : REACT_IGNORED;
}

static enum reaction help_point(struct app *app, const struct event *e, const struct area *body)
{
	(void)body;
	return moving_text_wheel(&app->help, e) ? REACT_DONE : REACT_IGNORED;
}

const struct screen screen_help = {
	.name = "help",
	.where = WHERE_TEXT,
	.arrange = help_arrange,
	.draw = help_draw,
	.act = help_act,
	.point = help_point,
};
