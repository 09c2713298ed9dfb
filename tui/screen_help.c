// SPDX-License-Identifier: GPL-2.0-or-later
/* The help screen, made from the tables of keys and columns. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/column.h"
#include "tui/app.h"
#include "tui/moving.h"

enum { LABEL = 10, NAME = 12, COLUMN = 58 };

/* Lines come one after the other, in as many columns as there is room for. */
struct sheet {
	const struct area *body;
	int lines;   /* all of them */
	int columns; /* side by side */
	int first;   /* scrolled away */
	int at;	     /* the next line */
	bool draw;   /* false: only counts */
};

static int per_column(const struct sheet *s)
{
	return (s->lines + s->columns - 1) / s->columns;
}

/* The pen of the next line, which may be out of sight. */
static struct pen next_line(struct sheet *s)
{
	int rows = s->draw ? per_column(s) : 1, column = s->draw ? s->at / rows : 0;
	struct area a = *s->body;

	a.x += column * COLUMN;
	a.width -= column * COLUMN;
	if (s->columns > 1 && a.width > COLUMN)
		a.width = COLUMN - 2;
	s->at++;
	return pen_line(&a, s->draw ? (s->at - 1) % rows - s->first : -1);
}

static void put(struct sheet *s, const char *label, int width, enum role role, const char *text)
{
	struct pen pen = next_line(s);

	pen_put(&pen, ROLE_TEXT, "  ");
	pen_cell(&pen, role, label, width, ALIGN_LEFT, FIT_END);
	pen_put(&pen, ROLE_TEXT, " ");
	pen_put(&pen, ROLE_TEXT, text);
}

static void heading(struct sheet *s, const char *text)
{
	struct pen pen;

	if (s->at)
		next_line(s);
	pen = next_line(s);
	pen_printf(&pen, ROLE_STRONG, " %s", text);
}

static void put_keys(struct sheet *s)
{
	for (int group = 0; group < KEYS_GROUPS; group++) {
		heading(s, key_group_name((enum key_group)group));
		for (size_t i = 0; i < n_keys; i++)
			if ((int)keys[i].group == group && keys[i].help)
				put(s, keys[i].label, LABEL, ROLE_ACCENT, keys[i].help);
	}
	heading(s, "Mouse");
	put(s, "title", LABEL, ROLE_ACCENT, "sort by this column; again: invert");
	put(s, "row", LABEL, ROLE_ACCENT, "select; again: details");
	put(s, "wheel", LABEL, ROLE_ACCENT, "scroll");
}

static void put_columns(struct sheet *s)
{
	heading(s, "Columns");
	for (size_t i = 0; i < n_columns; i++) {
		char text[200];

		snprintf(text, sizeof(text), "%s", columns[i].help);
		put(s, columns[i].title, NAME, ROLE_ACCENT, text);
	}
}

static void put_colours(struct sheet *s)
{
	static const struct {
		const char *word;
		enum role role;
		const char *help;
	} rows[] = {
		{"running", ROLE_RUNNING, "has a thread and runs"},
		{"runnable", ROLE_RUNNABLE, "could run, waits for its turn"},
		{"runnable", ROLE_LATE, "waits longer than 99% of the others do"},
		{"syscall", ROLE_SYSCALL, "in the kernel"},
		{"waiting", ROLE_WAITING, "on what REASON says"},
		{"1m30s", ROLE_AGE_LONG, "waits for more than a minute"},
		{"41m05s", ROLE_AGE_VERY_LONG, "waits for more than ten minutes"},
		{"–", ROLE_DIM, "not known"},
	};

	heading(s, "Colours");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		put(s, rows[i].word, NAME, rows[i].role, rows[i].help);
}

static void put_counters(struct sheet *s)
{
	static const char *const rows[][2] = {
		{"lost", "transitions for which the ring buffer had no room"},
		{"fixed", "states that a second look at the memory corrected"},
		{"full", "goroutines for which the kernel's table had no room"},
		{"unread", "hits whose goroutine could not be read at once"},
		{"missed", "changes of state that came between unseen"},
		{"torn", "entries found half written, and read again"},
		{"bypassed", "changes that the runtime makes without casgstatus"},
	};

	heading(s, "Counters");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		put(s, rows[i][0], NAME, ROLE_ACCENT, rows[i][1]);
}

static void put_filter(struct sheet *s)
{
	static const char *const rows[][2] = {
		{"word", "in a function, file, reason or label"},
		{"reason:chan", "a column contains; reason=… equals"},
		{"age>1m", "numbers: < <= > >=, ns us ms s m h"},
		{"a b | !c", "a and b, or not c; ( ) and \"…\" as usual"},
	};

	heading(s, "Filter");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		put(s, rows[i][0], NAME, ROLE_ACCENT, rows[i][1]);
}

static void put_all(struct sheet *s)
{
	s->at = 0;
	put_keys(s);
	put_filter(s);
	put_columns(s);
	put_colours(s);
	put_counters(s);
}

static struct sheet measure(const struct area *body)
{
	struct sheet s = {.body = body, .columns = 1};

	put_all(&s);
	s.lines = s.at;
	s.columns = body->width / COLUMN;
	if (s.columns < 1)
		s.columns = 1;
	return s;
}

static void help_arrange(struct app *app, const struct area *body)
{
	struct sheet s = measure(body);

	app->help.cursor = app->help.first;
	window_resize(&app->help, (size_t)per_column(&s), (size_t)body->height - 1);
}

static void help_draw(struct app *app, const struct area *body)
{
	struct area below = {body->y + 1, body->x, body->height - 1, body->width};
	struct sheet s = measure(&below);
	struct pen pen = pen_line(body, 0);

	pen_ground(&pen, ROLE_TITLE);
	pen_put_right(&pen, ROLE_TITLE, "q back ");
	pen_printf(&pen, ROLE_TITLE_NAME, " goroutop %s", GOROUTOP_VERSION);
	pen_put(&pen, ROLE_TITLE, "   htop for goroutines");
	s.first = (int)app->help.first;
	s.draw = true;
	put_all(&s);
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
