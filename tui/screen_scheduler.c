// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The scheduler: how late it runs goroutines and for how long, its Ps with who runs on them and what
 * stands in their queues, and which threads hold a goroutine without executing it.
 */
#include <math.h>
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
#include "tui/terminal.h"

enum {
	TABLE_LEAST = 3, /* rows of Ps that a chart must leave */
	CHART_LEAST = 3, /* rows of a chart that is worth it */
	CHART_MOST = 8,
	SPREAD_LINES = 4,  /* title, both rows of percentiles, the axis */
	SIDE_BY_SIDE = 76, /* from this width on */
	LABEL = 15,	   /* of a row of percentiles … */
	VALUE = 6,	   /* … and of each of them */
	QUEUE_BAR = 5,
	QUEUE_FULL = 256, /* what a P's own queue holds */
};

/* ---- Ps --------------------------------------------------------------------------------------- */

/* A line of the table: a P, or a thread without one that holds a goroutine. */
struct line {
	const struct scheduler_row *p;
	const struct scheduler_thread *t;
	const struct scheduler_goroutine *g;
	uint64_t now;
};

static size_t n_lines(const struct scheduler_picture *s)
{
	size_t n = s->n_ps;

	for (size_t i = 0; i < s->n_off; i++)
		n += s->off[i].p < 0;
	return n;
}

static struct line line_at(const struct scheduler_picture *s, size_t at)
{
	if (at < s->n_ps)
		return (struct line){.p = &s->ps[at], .g = &s->ps[at].running, .now = s->time};
	at -= s->n_ps;
	for (size_t i = 0; i < s->n_off; i++)
		if (s->off[i].p < 0 && !at--)
			return (struct line){.t = &s->off[i],
					     .g = &s->off[i].running,
					     .now = s->time};
	return (struct line){.now = s->time};
}

static bool is_long(const struct line *l)
{
	return l->g->goid && l->g->state == GS_RUNNING && l->g->bound != AGE_UNKNOWN &&
	       l->now > l->g->since && l->now - l->g->since > SCHEDULER_BUSY &&
	       (!l->p || l->p->status == P_RUNNING);
}

static bool is_off_cpu(const struct line *l)
{
	char state = l->p ? l->p->thread_state : l->t->thread_state;

	return state && state != 'R' &&
	       (state != 'S' || (l->p && l->p->status == P_RUNNING && l->g->state == GS_RUNNING));
}

/* A cell: its text, and its role; "" is shown as "–". */
typedef enum role cell_fn(const struct line *l, char *dst, size_t size);

static enum role cell_id(const struct line *l, char *dst, size_t size)
{
	if (l->p)
		snprintf(dst, size, "%d", l->p->id);
	return ROLE_TEXT;
}

static enum role cell_status(const struct line *l, char *dst, size_t size)
{
	static const enum role roles[P_STATUSES] = {
		[P_IDLE] = ROLE_DIM,	[P_RUNNING] = ROLE_RUNNING, [P_SYSCALL] = ROLE_SYSCALL,
		[P_GCSTOP] = ROLE_LATE, [P_DEAD] = ROLE_DIM,
	};

	snprintf(dst, size, "%s", l->p ? scheduler_p_status_name(l->p->status) : "no P");
	/* The goroutine tells better what a P does whose M is in a system call (Go 1.26). */
	if (l->p && l->p->status == P_RUNNING && l->g->state == GS_SYSCALL) {
		snprintf(dst, size, "syscall");
		return ROLE_SYSCALL;
	}
	return l->p && l->p->status < P_STATUSES ? roles[l->p->status] : ROLE_DIM;
}

static enum role cell_m(const struct line *l, char *dst, size_t size)
{
	int64_t m = l->p ? l->p->m : l->t->m;

	if (m >= 0)
		snprintf(dst, size, "%lld", (long long)m);
	return ROLE_DIM;
}

static enum role cell_thread(const struct line *l, char *dst, size_t size)
{
	uint32_t tid = l->p ? l->p->tid : l->t->tid;

	if (tid)
		snprintf(dst, size, "%u", tid);
	return ROLE_TEXT;
}

/* The kernel's word on the thread: what is off CPU though its goroutine runs stands out. */
static enum role cell_cpu(const struct line *l, char *dst, size_t size)
{
	char state = l->p ? l->p->thread_state : l->t->thread_state;

	if (state)
		snprintf(dst, size, "%s", state == 'R' ? "on" : is_off_cpu(l) ? "off" : "");
	if (state && state != 'R' && state != 'S')
		snprintf(dst, size, "%c", state);
	return is_off_cpu(l) ? ROLE_LATE : ROLE_DIM;
}

static enum role cell_goid(const struct line *l, char *dst, size_t size)
{
	if (l->g->goid)
		snprintf(dst, size, "%llu", (unsigned long long)l->g->goid);
	return ROLE_TEXT;
}

static enum role cell_since(const struct line *l, char *dst, size_t size)
{
	char age[HUMAN_MAX];

	if (l->g->goid && l->g->bound != AGE_UNKNOWN)
		snprintf(dst, size, "%s%s",
			 l->g->bound == AGE_MIN	    ? "≥"
			 : l->g->bound == AGE_ABOUT ? "~"
						    : "",
			 human_age(age, sizeof(age),
				   l->now > l->g->since ? l->now - l->g->since : 0));
	return is_long(l) ? ROLE_LATE : ROLE_TEXT;
}

/* How many goroutines stand in its queue, the next one too. */
static int queue_of(const struct line *l)
{
	return l->p && l->p->queue >= 0 ? l->p->queue + (l->p->next != 0) : -1;
}

static enum role cell_queue(const struct line *l, char *dst, size_t size)
{
	if (queue_of(l) >= 0)
		snprintf(dst, size, "%d", queue_of(l));
	return queue_of(l) > 0 ? ROLE_RUNNABLE : ROLE_DIM;
}

static enum role cell_bar(const struct line *l, char *dst, size_t size)
{
	int n = queue_of(l), width;
	size_t len = 0;

	/* By the root: one that waits is seen, and so is the difference between 50 and 200. */
	width = n > 0 ? (int)ceil(sqrt((double)n / QUEUE_FULL) * QUEUE_BAR) : 0;
	snprintf(dst, size, " ");
	for (int i = 0; i < width && i < QUEUE_BAR; i++)
		len += (size_t)snprintf(dst + len, size - len, "%s", terminal_ascii() ? "|" : "▇");
	return ROLE_RUNNABLE;
}

static enum role cell_next(const struct line *l, char *dst, size_t size)
{
	if (l->p && l->p->next)
		snprintf(dst, size, "%llu", (unsigned long long)l->p->next);
	return ROLE_TEXT;
}

static enum role cell_where(const struct line *l, char *dst, size_t size)
{
	const struct name *n = &l->g->where;

	if (!l->g->goid)
		snprintf(dst, size, " ");
	else if (n->function && l->g->start)
		snprintf(dst, size, "began with %s", short_function(n->function));
	else if (n->function)
		snprintf(dst, size, n->line > 0 ? "%s%s:%d" : "%s%s", l->g->about ? "~" : "",
			 short_function(n->function), n->line);
	return l->g->start || l->g->about ? ROLE_DIM : ROLE_TEXT;
}

static const struct column_row {
	const char *title;
	int width; /* 0: the rest */
	int from;  /* width of the screen from which on it is there */
	enum column_align align;
	cell_fn *cell;
} table[] = {
	{"P", 4, 0, ALIGN_RIGHT, cell_id},	   {"STATE", 8, 0, ALIGN_LEFT, cell_status},
	{"M", 5, 100, ALIGN_RIGHT, cell_m},	   {"THREAD", 8, 0, ALIGN_RIGHT, cell_thread},
	{"CPU", 3, 40, ALIGN_LEFT, cell_cpu},	   {"GOROUTINE", 9, 0, ALIGN_RIGHT, cell_goid},
	{"SINCE", 7, 0, ALIGN_RIGHT, cell_since},  {"QUEUE", 5, 50, ALIGN_RIGHT, cell_queue},
	{"", QUEUE_BAR, 70, ALIGN_LEFT, cell_bar}, {"NEXT", 9, 110, ALIGN_RIGHT, cell_next},
	{"WHERE", 0, 0, ALIGN_LEFT, cell_where},
};

static void put_cells(struct pen *pen, const struct line *l, int width)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct column_row *c = &table[i];
		int room = c->width ? c->width : pen_room(pen);
		char text[512] = "";
		enum role role = ROLE_HEAD;

		if (c->from > width)
			continue;
		if (l)
			role = c->cell(l, text, sizeof(text));
		else
			snprintf(text, sizeof(text), "%s", c->title);
		if (!text[0] && l)
			role = ROLE_DIM;
		pen_cell(pen, role, text[0] || !l ? text : "–", room, c->align, FIT_MIDDLE);
		if (c->width)
			pen_skip(pen, 1);
	}
}

static void draw_ps(struct app *app, const struct area *a)
{
	const struct scheduler_picture *s = app->picture->scheduler;
	struct pen pen = pen_line(a, 0);

	pen_ground(&pen, ROLE_HEAD);
	if (n_lines(s) > app->scheduler.height) {
		char seen[64];

		snprintf(seen, sizeof(seen), "%zu-%zu of %zu ", app->scheduler.first + 1,
			 app->scheduler.first + app->scheduler.height, n_lines(s));
		pen_put_right(&pen, ROLE_HEAD, seen);
	}
	put_cells(&pen, NULL, a->width);
	for (size_t i = 0; i + 1 < (size_t)a->height; i++) {
		size_t at = app->scheduler.first + i;
		struct line l = line_at(s, at);

		if (at >= n_lines(s))
			break;
		pen = pen_line(a, (int)i + 1);
		put_cells(&pen, &l, a->width);
	}
}

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

static void draw_facts(const struct scheduler_picture *s, struct pen pen)
{
	bool counts = s->knows & SCHEDULER_KNOWS_COUNTS, queue = s->knows & SCHEDULER_KNOWS_QUEUE;
	bool gc = s->knows & SCHEDULER_KNOWS_GC_PHASE;

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

	pen_cell(&pen, ROLE_DIM, what, LABEL - 2, ALIGN_LEFT, FIT_END);
	pen_put(&pen, role, terminal_ascii() ? "| " : "▌ ");
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		char text[2 * HUMAN_MAX] = "–", age[HUMAN_MAX];

		if (known && p->count)
			snprintf(text, sizeof(text), "%s%s", i == 3 && p->most_bound ? "≤" : "",
				 human_age(age, sizeof(age), values[i]));
		pen_cell(&pen, known && p->count ? ROLE_TEXT : ROLE_DIM, text, VALUE, ALIGN_RIGHT,
			 FIT_END);
	}
}

static void put_titles(struct pen pen, const char *title)
{
	static const char *const titles[] = {"p50", "p90", "p99", "max"};

	pen_cell(&pen, ROLE_STRONG, title, LABEL, ALIGN_LEFT, FIT_END);
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		pen_cell(&pen, ROLE_DIM, titles[i], VALUE, ALIGN_RIGHT, FIT_END);
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

/* Lines for the distributions, of a body; the Ps have the rest. */
static int spread_height(const struct scheduler_picture *s, const struct area *body)
{
	int wanted = (int)n_lines(s) + 2, left = body->height - 2 - TABLE_LEAST;
	int height = body->height - 2 - wanted;

	if (left < SPREAD_LINES - 1)
		return 0;
	if (height < SPREAD_LINES + CHART_LEAST)
		height = left < SPREAD_LINES + CHART_LEAST ? SPREAD_LINES - 1
							   : SPREAD_LINES + CHART_LEAST;
	if (height > SPREAD_LINES + CHART_MOST)
		height = SPREAD_LINES + CHART_MOST;
	if (!s->latency.known)
		height = 2;
	return height;
}

static void scheduler_arrange(struct app *app, const struct area *body)
{
	const struct scheduler_picture *s = app->picture ? app->picture->scheduler : NULL;
	int height = s ? body->height - 2 - spread_height(s, body) - 1 : 0;

	if (s)
		window_resize(&app->scheduler, n_lines(s), height > 0 ? (size_t)height : 1);
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
				: "…");
		return;
	}
	scheduler_arrange(app, body);
	draw_facts(s, pen);
	spreads.height = spread_height(s, body);
	ps.y++;
	ps.height = (int)app->scheduler.height + 1;
	draw_ps(app, &ps);
	/* Right below the Ps, not at the end of an empty screen. */
	spreads.y = ps.y + 2 +
		    (int)(n_lines(s) < app->scheduler.height ? n_lines(s) : app->scheduler.height);
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
