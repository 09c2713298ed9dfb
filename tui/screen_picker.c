// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of Go processes, to choose one to watch. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/human.h"
#include "tui/app.h"
#include "tui/moving.h"
#include "tui/picker.h"

enum { HEAD_LINES = 2 };

/* ---- the list --------------------------------------------------------------------------------- */

int picker_fd(const struct app *app)
{
	return app->picker.processes ? processes_fd(app->picker.processes) : -1;
}

static const struct target_entry *entry_at(const struct picker *p, size_t place)
{
	return place < p->n_shown ? &p->list->v[p->shown[place]] : NULL;
}

/* The selected process stays selected wherever it now stands. */
static void keep_selected(struct picker *p)
{
	for (size_t i = 0; i < p->n_shown; i++)
		if (p->list->v[p->shown[i]].pid == p->selected) {
			window_move_to(&p->window, i);
			return;
		}
}

static void remember_selected(struct picker *p)
{
	const struct target_entry *e = entry_at(p, p->window.cursor);

	p->selected = e ? e->pid : 0;
}

static void filter_list(struct picker *p)
{
	size_t n = p->list ? p->list->n : 0;
	size_t *shown = malloc(n * sizeof(*shown) + 1);

	free(p->shown);
	p->shown = shown;
	p->n_shown = 0;
	for (size_t i = 0; shown && i < n; i++)
		if (process_matches(&p->list->v[i], p->filter))
			shown[p->n_shown++] = i;
	window_resize(&p->window, p->n_shown, p->window.height);
	keep_selected(p);
	remember_selected(p);
}

void picker_news(struct app *app)
{
	struct picker *p = &app->picker;
	struct process_list *list = processes_take(p->processes);

	if (!list)
		return;
	free(p->list);
	p->list = list;
	filter_list(p);
	app->dirty = true;
}

/* ---- opening and closing ---------------------------------------------------------------------- */

static void picker_open(struct app *app)
{
	struct picker *p = &app->picker;

	if (!p->processes)
		p->processes = processes_start(NSEC_PER_SEC);
	else
		processes_pause(p->processes, false);
	if (app->pid)
		p->selected = app->pid;
}

static void picker_close(struct app *app)
{
	if (app->picker.processes)
		processes_pause(app->picker.processes, true);
}

static void picker_arrange(struct app *app, const struct area *body)
{
	struct picker *p = &app->picker;
	int height = body->height > HEAD_LINES ? body->height - HEAD_LINES : 0;

	window_resize(&p->window, p->n_shown, (size_t)height);
}

/* ---- drawing ---------------------------------------------------------------------------------- */

static int width_of(const struct process_column *c, const struct pen *pen)
{
	return c->width ? c->width : pen_room(pen);
}

static void draw_titles(struct pen pen)
{
	pen_ground(&pen, ROLE_HEAD);
	for (size_t i = 0; i < n_process_columns; i++) {
		const struct process_column *c = &process_columns[i];

		pen_cell(&pen, ROLE_HEAD, c->title, width_of(c, &pen), c->align, FIT_CLIP);
		pen_skip(&pen, 1);
	}
}

static void draw_entry(const struct target_entry *e, struct pen pen, bool selected)
{
	pen.style = selected	    ? ROW_STYLE_SELECTED
		    : e->attachable ? ROW_STYLE_PLAIN
				    : ROW_STYLE_ENDED;
	if (selected)
		pen_ground(&pen, ROLE_TEXT);
	for (size_t i = 0; i < n_process_columns; i++) {
		const struct process_column *c = &process_columns[i];
		char text[512];

		c->text(text, sizeof(text), e);
		pen_cell(&pen, ROLE_TEXT, text, width_of(c, &pen), c->align, FIT_END);
		pen_skip(&pen, 1);
	}
}

static void draw_headline(const struct app *app, struct pen pen)
{
	const struct picker *p = &app->picker;
	char text[200], hidden[100] = "", n[HUMAN_MAX];

	pen_ground(&pen, ROLE_TITLE);
	if (p->list && p->list->unreadable && geteuid())
		snprintf(hidden, sizeof(hidden), ", %s of other users hidden (sudo)",
			 human_count(n, sizeof(n), p->list->unreadable));
	if (p->filter[0])
		snprintf(text, sizeof(text), "%s: %zu of %zu%s ", p->filter, p->n_shown,
			 p->list ? p->list->n : 0, hidden);
	else
		snprintf(text, sizeof(text), "%s processes%s ",
			 p->list ? human_count(n, sizeof(n), p->list->n) : "–", hidden);
	pen_put_right(&pen, ROLE_TITLE, text);
	pen_put(&pen, ROLE_TITLE_NAME, " Attach to a Go process");
}

static void draw_nothing(const struct app *app, const struct area *body)
{
	struct pen pen = pen_line(body, HEAD_LINES + 1);

	pen_skip(&pen, 2);
	if (!app->picker.list)
		pen_put(&pen, ROLE_DIM, "looking …");
	else if (app->picker.list->n)
		pen_put(&pen, ROLE_DIM, "no process matches the filter");
	else if (app->picker.list->unreadable && geteuid())
		pen_put(&pen, ROLE_DIM, "no Go process of yours runs; sudo goroutop sees others'");
	else
		pen_put(&pen, ROLE_DIM,
			"no Go process runs on this machine; goroutop -- COMMAND starts one");
}

static void picker_draw(struct app *app, const struct area *body)
{
	const struct picker *p = &app->picker;

	draw_headline(app, pen_line(body, 0));
	draw_titles(pen_line(body, 1));
	if (!p->n_shown)
		draw_nothing(app, body);
	for (size_t i = 0; i < p->window.height && p->window.first + i < p->n_shown; i++)
		draw_entry(entry_at(p, p->window.first + i), pen_line(body, HEAD_LINES + (int)i),
			   p->window.first + i == p->window.cursor);
}

/* ---- keys ------------------------------------------------------------------------------------- */

static char filter_before[sizeof(((struct picker *)0)->filter)];

static void filter_changed(struct app *app, const char *text)
{
	snprintf(app->picker.filter, sizeof(app->picker.filter), "%s", text);
	filter_list(&app->picker);
}

static void filter_finished(struct app *app, const char *text, bool accepted)
{
	filter_changed(app, accepted ? text : filter_before);
}

static const struct prompt_kind picker_prompt = {
	.label = "Filter",
	.hint = "words of any column",
	.changed = filter_changed,
	.finished = filter_finished,
};

static enum reaction attach(struct app *app)
{
	const struct target_entry *e = entry_at(&app->picker, app->picker.window.cursor);
	struct err err;

	if (!e)
		return REACT_DONE;
	if (!e->attachable) {
		app_say(app, ROLE_ERROR, "%s", e->reason);
		return REACT_DONE;
	}
	if (app_attach(app, e->pid, NULL, &err) < 0) {
		app_say(app, ROLE_ERROR, "%s", err.text);
		return REACT_DONE;
	}
	app_only(app, &screen_table);
	return REACT_DONE;
}

static enum reaction picker_act(struct app *app, enum action action)
{
	struct picker *p = &app->picker;

	switch (action) {
	case ACT_ENTER:
		return attach(app);
	case ACT_FILTER:
		memcpy(filter_before, p->filter, sizeof(filter_before));
		prompt_open(app, &picker_prompt, p->filter);
		return REACT_DONE;
	case ACT_BACK:
		if (!p->filter[0])
			return REACT_IGNORED;
		filter_changed(app, "");
		return REACT_DONE;
	default:
		if (!moving_cursor(&p->window, action))
			return REACT_IGNORED;
		remember_selected(p);
		return REACT_DONE;
	}
}

static enum reaction picker_point(struct app *app, const struct event *e, const struct area *body)
{
	struct window *w = &app->picker.window;
	int line = e->y - body->y - HEAD_LINES;
	size_t place = w->first + (size_t)(line > 0 ? line : 0);

	if (!moving_wheel(w, e) && line >= 0 && (size_t)line < w->height && place < w->total) {
		if (w->cursor == place)
			return attach(app);
		window_move_to(w, place);
	}
	remember_selected(&app->picker);
	return REACT_DONE;
}

const struct screen screen_picker = {
	.name = "picker",
	.where = WHERE_PICKER,
	.open = picker_open,
	.close = picker_close,
	.arrange = picker_arrange,
	.draw = picker_draw,
	.act = picker_act,
	.point = picker_point,
};
