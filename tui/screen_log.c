// SPDX-License-Identifier: GPL-2.0-or-later
/* What the program had to say beside its tables. */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "tui/app.h"
#include "tui/moving.h"

enum { LINES_MAX = 500, PREFIX = 18 };

/* The lines of the program's log, each over as many lines of the screen as it takes. */
struct page {
	struct log_line *lines;
	size_t n;
};

static void page_free(struct page *p)
{
	free(p->lines);
}

static struct page page_read(void)
{
	struct page p = {.lines = calloc(LINES_MAX, sizeof(*p.lines))};

	if (p.lines)
		p.n = log_read(p.lines, LINES_MAX, NULL);
	return p;
}

static int text_room(const struct area *body)
{
	return body->width > 2 * PREFIX ? body->width - PREFIX - 1 : PREFIX;
}

static size_t count_lines(const struct page *p, int room)
{
	size_t count = 0;

	for (size_t i = 0; i < p->n; i++) {
		const char *text = p->lines[i].text;

		do {
			text += fit_line(text, room);
			count++;
		} while (*text);
	}
	return count;
}

/* The newest lines stand at the end, and are seen first. */
static void log_open(struct app *app)
{
	app->log.first = SIZE_MAX / 2;
}

static void log_arrange(struct app *app, const struct area *body)
{
	_cleanup_(page_free) struct page p = page_read();

	window_fit(&app->log, count_lines(&p, text_room(body)),
		   body->height > 1 ? (size_t)body->height - 1 : 0);
}

static void draw_prefix(const struct log_line *l, struct pen pen)
{
	static const struct {
		const char *word;
		enum role role;
	} levels[] = {
		[LOG_DEBUG] = {"debug", ROLE_DIM},
		[LOG_INFO] = {"info", ROLE_TEXT},
		[LOG_WARNING] = {"warning", ROLE_ERROR},
		[LOG_ERROR] = {"error", ROLE_ERROR},
	};
	char time[32];

	clock_local_time(time, sizeof(time), clock_wall_at(l->time));
	pen_skip(&pen, 1);
	pen_printf(&pen, ROLE_DIM, "%.8s ", time);
	pen_cell(&pen, levels[l->level].role, levels[l->level].word, 8, ALIGN_LEFT, FIT_CLIP);
}

/* Draws those lines of the page that are in sight. */
static void draw_page(const struct page *p, const struct area *area, const struct window *w)
{
	int room = text_room(area), line = -(int)w->first;

	for (size_t i = 0; i < p->n; i++) {
		const char *text = p->lines[i].text;

		draw_prefix(&p->lines[i], pen_line(area, line));
		do {
			struct pen pen = pen_line(area, line++);
			size_t n = fit_line(text, room);

			pen_skip(&pen, PREFIX);
			pen_printf(&pen, ROLE_TEXT, "%.*s", (int)n, text);
			text += n;
		} while (*text);
	}
}

static void log_draw(struct app *app, const struct area *body)
{
	_cleanup_(page_free) struct page p = page_read();
	struct area below = {body->y + 1, body->x, body->height - 1, body->width};
	struct pen pen = pen_line(body, 0);

	pen_ground(&pen, ROLE_TITLE);
	pen_put(&pen, ROLE_TITLE_NAME, " Log");
	if (app->command && command_output(app->command))
		pen_printf(&pen, ROLE_TITLE, "   output of the command: %s",
			   command_output(app->command));
	draw_page(&p, &below, &app->log);
	if (!p.n) {
		pen = pen_line(&below, 1);
		pen_put(&pen, ROLE_DIM, "  nothing to tell");
	}
}

static enum reaction log_act(struct app *app, enum action action)
{
	return moving_text(&app->log, action) ? REACT_DONE : REACT_IGNORED;
}

static enum reaction log_point(struct app *app, const struct event *e, const struct area *body)
{
	(void)body;
	return moving_text_wheel(&app->log, e) ? REACT_DONE : REACT_IGNORED;
}

const struct screen screen_log = {
	.name = "log",
	.where = WHERE_TEXT,
	.open = log_open,
	.arrange = log_arrange,
	.draw = log_draw,
	.act = log_act,
	.point = log_point,
};
