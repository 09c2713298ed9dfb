// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The scheduler: how late it runs goroutines and for how long, its Ps with who runs on them and what
 * stands in their queues, and which threads hold a goroutine without executing it.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/human.h"
#include "base/text.h"
#include "model/scheduler_picture.h"
#include "tui/app.h"
#include "tui/chart.h"
#include "tui/histogram_chart.h"
#include "tui/moving.h"
#include "tui/scheduler_ps.h"
#include "tui/terminal.h"

enum {
	HEAD_LINES = 2,	  /* the facts, and the titles of the table */
	TABLE_ENOUGH = 8, /* rows of Ps beside which a chart may stand */
	TABLE_LEAST = 3,  /* rows of Ps that a chart must leave */
	CHART_LEAST = 3,  /* rows of a chart that is worth it */
	CHART_MOST = 8,
	SPREAD_LINES = 4,  /* title, both rows of percentiles, the axis */
	SIDE_BY_SIDE = 76, /* from this width on */
	LABEL = 14,	   /* of a row of percentiles … */
	VALUE = 6,	   /* … and of each of them; the last has a sign before it */
};

/* ---- the line above --------------------------------------------------------------------------- */

static void put_fact(struct pen *pen, const char *word, bool known, int64_t n, enum role role)
{
	char text[HUMAN_MAX] = "–";

	if (known)
		human_count(text, sizeof(text), (uint64_t)n);
	/* Half a fact is none. */
	if (pen_room(pen) < text_width(word) + text_width(text) + 3) {
		pen->x = pen->end;
		return;
	}
	pen_printf(pen, ROLE_DIM, "%s ", word);
	pen_put(pen, known ? role : ROLE_DIM, text);
	pen_put(pen, ROLE_DIM, "  ");
}

/* Which of the Ps are seen, where not all are. */
static void put_place(const struct app *app, struct pen *pen)
{
	const struct window *w = &app->scheduler;
	char seen[64];

	snprintf(seen, sizeof(seen), "Ps %zu-%zu of %zu ", w->first + 1, w->first + w->height,
		 w->total);
	if (w->total > w->height)
		pen_put_right(pen, ROLE_DIM, seen);
}

static void draw_facts(const struct app *app, struct pen pen)
{
	const struct scheduler_picture *s = app->picture->scheduler;
	bool counts = s->knows & SCHEDULER_KNOWS_COUNTS, queue = s->knows & SCHEDULER_KNOWS_QUEUE;
	bool gc = s->knows & SCHEDULER_KNOWS_GC_PHASE;

	put_place(app, &pen);
	pen_skip(&pen, 1);
	put_fact(&pen, "GOMAXPROCS", s->knows & SCHEDULER_KNOWS_PS, (int64_t)s->n_ps, ROLE_STRONG);
	if (s->quota > 0)
		pen_printf(&pen, ROLE_DIM, "of %.1f CPUs granted  ", s->quota);
	put_fact(&pen, "idle", counts, s->idle_ps, ROLE_TEXT);
	put_fact(&pen, "global queue", queue, s->queue, s->queue ? ROLE_RUNNABLE : ROLE_TEXT);
	pen_put(&pen, ROLE_DIM, "GC ");
	pen_put(&pen, gc && s->gc_phase ? ROLE_RUNNABLE : ROLE_TEXT,
		gc ? scheduler_gc_phase_name(s->gc_phase) : "–");
	if (s->knows & SCHEDULER_KNOWS_STOP && s->stopping)
		pen_put(&pen, ROLE_LATE,
			s->stop_wait > 0 ? "  stopping the world" : "  world stopped");
	pen_put(&pen, ROLE_DIM, "  ");
	put_fact(&pen, "Ms", s->knows & SCHEDULER_KNOWS_MS, (int64_t)s->n_ms, ROLE_TEXT);
	put_fact(&pen, "idle", counts, s->idle_ms, ROLE_TEXT);
	put_fact(&pen, "spinning", counts, s->spinning_ms, ROLE_TEXT);
}

/* ---- distributions ---------------------------------------------------------------------------- */

static void put_percentiles(struct pen pen, const char *what, enum role role,
			    const struct percentiles *p, bool known)
{
	const uint64_t values[] = {p->p50, p->p90, p->p99, p->most};

	pen_cell(&pen, ROLE_DIM, what, LABEL - 1, ALIGN_LEFT, FIT_END);
	pen_put(&pen, role, terminal_ascii() ? "|" : "▌");
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		char text[2 * HUMAN_MAX] = "–", age[HUMAN_MAX];

		if (known && p->count)
			snprintf(text, sizeof(text), "%s%s", i == 3 && p->most_bound ? "≤" : "",
				 human_age(age, sizeof(age), values[i]));
		pen_cell(&pen, known && p->count ? ROLE_TEXT : ROLE_DIM, text, VALUE + (i == 3),
			 ALIGN_RIGHT, FIT_END);
	}
}

static void put_titles(struct pen pen, const char *title)
{
	static const char *const titles[] = {"p50", "p90", "p99", "max"};

	pen_cell(&pen, ROLE_STRONG, title, LABEL, ALIGN_LEFT, FIT_END);
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		pen_cell(&pen, ROLE_DIM, titles[i], VALUE + (i == 3), ALIGN_RIGHT, FIT_END);
}

/* Below the columns: where every so manieth bucket begins. */
static void put_axis(struct pen pen, const struct histogram_range *r, int column)
{
	int every = (6 + column - 1) / column;

	for (unsigned b = r->first; b <= r->last; b += (unsigned)every) {
		char label[HUMAN_MAX];

		histogram_label(label, sizeof(label), b);
		pen_cell(&pen, ROLE_DIM, label, every * column, ALIGN_LEFT, FIT_CLIP);
	}
}

/* Two columns a bucket, all since attach and those of the last interval, and a gap if it fits. */
static void draw_chart(const struct spread *s, const struct area *a)
{
	int all[HISTOGRAM_BUCKETS], last[HISTOGRAM_BUCKETS], rows = a->height - 1;
	unsigned most = (unsigned)(a->width > 2 ? a->width / 2 : 1);
	struct histogram_range r = histogram_range(&s->total, &s->interval, 12, most);
	int n = (int)(r.last - r.first + 1), column = 3 * n <= a->width ? 3 : 2;
	bool ascii = terminal_ascii();

	histogram_levels(&s->total, &r, rows, all);
	histogram_levels(&s->interval, &r, rows, last);
	for (int row = 0; row < rows; row++) {
		struct pen pen = pen_line(a, row);
		int below = 8 * (rows - 1 - row);

		for (int i = 0; i < n; i++) {
			pen_put(&pen, ROLE_DIM, chart_sign(all[i] - below, ascii));
			pen_put(&pen, ROLE_GRAPH,
				chart_sign(s->has_interval ? last[i] - below : 0, ascii));
			pen_skip(&pen, column - 2);
		}
	}
	put_axis(pen_line(a, rows), &r, column);
}

static void draw_spread(const struct spread *s, const char *title, const struct area *a)
{
	struct area chart = {a->y + 3, a->x, a->height - 3, a->width};

	put_titles(pen_line(a, 0), title);
	if (!s->known) {
		struct pen pen = pen_line(a, 1);

		pen_put(&pen, ROLE_DIM, "– known with probes only");
		return;
	}
	put_percentiles(pen_line(a, 1), "since attach", ROLE_DIM, &s->all, true);
	put_percentiles(pen_line(a, 2), "last refresh", ROLE_GRAPH, &s->last, s->has_interval);
	if (chart.height > CHART_LEAST && s->all.count)
		draw_chart(s, &chart);
}

/* ---- the page --------------------------------------------------------------------------------- */

/*
 * Lines for the distributions, of a body; the Ps have the rest. All Ps come first, up to a number
 * that tells enough; then the percentiles, then the columns.
 */
static int spread_height(const struct scheduler_picture *s, const struct area *body)
{
	int rows = (int)scheduler_lines(s), room = body->height - HEAD_LINES - 1;
	int height = room - rows;
	bool chart = s->latency.known && s->latency.all.count;

	if (chart && height < SPREAD_LINES + CHART_LEAST &&
	    room - (SPREAD_LINES + CHART_LEAST) >= TABLE_ENOUGH)
		height = SPREAD_LINES + CHART_LEAST;
	if (!chart || height < SPREAD_LINES + CHART_LEAST)
		height = !s->latency.known ? 2 : SPREAD_LINES - 1;
	if (room - height < rows && room - height < TABLE_LEAST)
		return 0;
	return height > SPREAD_LINES + CHART_MOST ? SPREAD_LINES + CHART_MOST : height;
}

static void scheduler_arrange(struct app *app, const struct area *body)
{
	const struct scheduler_picture *s = app->picture ? app->picture->scheduler : NULL;
	int spreads = s ? spread_height(s, body) : 0;
	int height = body->height - HEAD_LINES - spreads - (spreads > 0);

	if (!s)
		return;
	window_fit(&app->scheduler, scheduler_lines(s), height > 0 ? (size_t)height : 1);
}

static void draw_spreads(const struct scheduler_picture *s, const struct area *a)
{
	struct area left = {a->y, a->x + 1, a->height, a->width - 2}, right = left;

	if (a->width < SIDE_BY_SIDE) {
		draw_spread(&s->latency, "Latency", &left);
		return;
	}
	left.width = a->width / 2 - 1;
	right.x = a->x + a->width / 2 + 1;
	right.width = a->width - a->width / 2 - 1;
	draw_spread(&s->latency, "Latency", &left);
	draw_spread(&s->run, "Run lengths", &right);
}

static void scheduler_draw(struct app *app, const struct area *body)
{
	const struct scheduler_picture *s = app->picture ? app->picture->scheduler : NULL;
	struct pen pen = pen_line(body, 0);
	struct area ps = *body, spreads = *body;

	if (!s) {
		pen_skip(&pen, 1);
		pen_put(&pen, ROLE_DIM,
			app->picture && !strcmp(app->picture->source.mode, "probe")
				? "the scheduler is read from the target's memory, which is not "
				  "open"
				: app_not_read(app));
		return;
	}
	draw_facts(app, pen);
	spreads.height = spread_height(s, body);
	ps.y++;
	ps.height = (int)app->scheduler.height + 1;
	scheduler_draw_ps(s, app->scheduler.first, &ps);
	/* Right below the Ps, not at the end of an empty screen. */
	spreads.y = ps.y + 2 +
		    (int)(scheduler_lines(s) < app->scheduler.height ? scheduler_lines(s)
								     : app->scheduler.height);
	if (spreads.height)
		draw_spreads(s, &spreads);
}

static enum reaction scheduler_act(struct app *app, enum action action)
{
	return moving_text(&app->scheduler, action) ? REACT_DONE : REACT_IGNORED;
}

static enum reaction scheduler_point(struct app *app, const struct event *e,
				     const struct area *body)
{
	(void)body;
	return moving_text_wheel(&app->scheduler, e) ? REACT_DONE : REACT_IGNORED;
}

const struct screen screen_scheduler = {
	.name = "scheduler",
	.where = WHERE_SCHEDULER,
	.header = true,
	.view = VIEW_SCHEDULER,
	.arrange = scheduler_arrange,
	.draw = scheduler_draw,
	.act = scheduler_act,
	.point = scheduler_point,
};
