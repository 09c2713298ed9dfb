// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/human.h"
#include "tui/scheduler_ps.h"
#include "tui/terminal.h"

enum {
	QUEUE_BAR = 5,
	QUEUE_FULL = 256, /* what a P's own queue holds */
};

/* A line of the table: a P, or a thread without one that holds a goroutine. */
struct line {
	const struct scheduler_row *p;
	const struct scheduler_thread *t;
	const struct scheduler_goroutine *g;
	uint64_t now;
};

size_t scheduler_lines(const struct scheduler_picture *s)
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

void scheduler_draw_ps(const struct scheduler_picture *s, size_t first, const struct area *a)
{
	struct pen pen = pen_line(a, 0);

	pen_ground(&pen, ROLE_HEAD);
	put_cells(&pen, NULL, a->width);
	for (size_t i = 0; i + 1 < (size_t)a->height && first + i < scheduler_lines(s); i++) {
		struct line l = line_at(s, first + i);

		pen = pen_line(a, (int)i + 1);
		put_cells(&pen, &l, a->width);
	}
}
