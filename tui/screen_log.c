// SPDX-License-Identifier: GPL-2.0-or-later
/* What the program had to say beside its tables. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "tui/app.h"
#include "tui/moving.h"

enum { LINES_MAX = 500 };

static size_t n_lines(void)
{
	uint64_t total;

	log_read(NULL, 0, &total);
	return total < LINES_MAX ? (size_t)total : LINES_MAX;
}

/* The newest lines stand at the end, and are seen first. */
static void log_open(struct app *app)
{
	app->log.first = SIZE_MAX / 2;
}

static void log_arrange(struct app *app, const struct area *body)
{
	struct window *w = &app->log;

	w->total = n_lines();
	w->height = body->height > 1 ? (size_t)body->height - 1 : 0;
	window_pan(w, 0);
}

static void draw_line(const struct log_line *l, struct pen pen)
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
	pen_put(&pen, ROLE_TEXT, l->text);
}

static void log_draw(struct app *app, const struct area *body)
{
	struct log_line *lines = calloc(LINES_MAX, sizeof(*lines));
	struct pen pen = pen_line(body, 0);
	size_t n = lines ? log_read(lines, LINES_MAX, NULL) : 0;

	pen_ground(&pen, ROLE_TITLE);

	pen_put(&pen, ROLE_TITLE_NAME, " Log");
	if (app->command && command_output(app->command))
		pen_printf(&pen, ROLE_TITLE, "   output of the command: %s",
			   command_output(app->command));
	for (size_t i = 0; i < app->log.height && app->log.first + i < n; i++)
		draw_line(&lines[app->log.first + i], pen_line(body, 1 + (int)i));
	if (!n) {
		pen = pen_line(body, 2);
		pen_put(&pen, ROLE_DIM, "  nothing to tell");
	}
	free(lines);
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
