// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/human.h"
#include "base/text.h"
#include "tui/app.h"
#include "tui/chart.h"
#include "tui/header_lines.h"
#include "tui/terminal.h"

/* ---- states ----------------------------------------------------------------------------------- */

static const struct {
	const char *name, *brief, *letter;
	enum role role, bar;
	size_t offset; /* in struct summary */
	bool always;   /* said even when there are none */
} states[] = {
	{"running", "run", "R", ROLE_RUNNING, ROLE_RUNNING, offsetof(struct summary, running),
	 true},
	{"runnable", "rdy", "r", ROLE_RUNNABLE, ROLE_RUNNABLE, offsetof(struct summary, runnable),
	 true},
	{"syscall", "sys", "s", ROLE_SYSCALL, ROLE_SYSCALL, offsetof(struct summary, syscall),
	 true},
	{"waiting", "wait", "w", ROLE_WAITING, ROLE_BAR_WAITING, offsetof(struct summary, waiting),
	 true},
	{"other", "oth", "o", ROLE_OTHER, ROLE_OTHER, offsetof(struct summary, other), false},
};
enum { STATES = ARRAY_SIZE(states) };

static uint64_t count_of(const struct summary *s, size_t state)
{
	return *(const uint64_t *)((const char *)s + states[state].offset);
}

/* How much a legend says: the names of the states whole, or shortened. */
enum legend { LEGEND_LONG, LEGEND_SHORT, LEGEND_BARE };

static void put_legend(struct pen *pen, const struct summary *s, enum legend how)
{
	char n[HUMAN_MAX];

	for (size_t i = 0; i < STATES; i++) {
		uint64_t count = count_of(s, i);

		if (!count && !states[i].always)
			continue;
		/* The sign of the bar; where there is no colour its letter. */
		if (how == LEGEND_LONG)
			pen_put(pen, states[i].bar, theme_has_colors() ? "■ " : states[i].letter);
		if (how == LEGEND_LONG && !theme_has_colors())
			pen_put(pen, ROLE_DIM, " ");
		pen_printf(pen, ROLE_DIM, "%s ",
			   how == LEGEND_BARE ? states[i].brief : states[i].name);
		pen_printf(pen, count ? states[i].role : ROLE_DIM, "%s",
			   human_count(n, sizeof(n), count));
		pen_put(pen, ROLE_DIM, how == LEGEND_BARE ? " " : "  ");
	}
}

static int legend_width(const struct summary *s, enum legend how)
{
	char n[HUMAN_MAX];
	int width = 0;

	for (size_t i = 0; i < STATES; i++) {
		uint64_t count = count_of(s, i);

		if (!count && !states[i].always)
			continue;
		width += text_width(how == LEGEND_BARE ? states[i].brief : states[i].name) + 1;
		width += text_width(human_count(n, sizeof(n), count));
		width += how == LEGEND_BARE ? 1 : how == LEGEND_SHORT ? 2 : 4;
	}
	return width;
}

void header_counts_short(const struct header_lines *h, struct pen pen)
{
	const struct summary *s = &h->picture->summary;
	char n[HUMAN_MAX];

	pen_skip(&pen, 1);
	pen_printf(&pen, ROLE_STRONG, "%s", human_count(n, sizeof(n), s->goroutines));
	pen_put(&pen, ROLE_DIM, "  ");
	put_legend(&pen, s,
		   legend_width(s, LEGEND_SHORT) <= pen_room(&pen) ? LEGEND_SHORT : LEGEND_BARE);
}

/* The last values as one line of little columns. */
static void put_spark(struct pen *pen, const struct picture *p, int width)
{
	size_t n = p->n_history < (size_t)width ? p->n_history : (size_t)width;
	const uint32_t *from = p->history + p->n_history - n;
	struct chart_scale scale = chart_scale(from, n);

	pen_repeat(pen, ROLE_GRAPH, " ", width - (int)n);
	for (size_t i = 0; i < n; i++)
		pen_put(pen, ROLE_GRAPH,
			chart_sign(chart_level(&scale, from[i], 1), terminal_ascii()));
}

/* "+12 −11/s"; while unknown, nothing. */
static void growth_text(const struct summary *s, char *dst, size_t size)
{
	char born[HUMAN_MAX], ended[HUMAN_MAX];

	dst[0] = '\0';
	if (s->created_per_s < 0 || s->ended_per_s < 0)
		return;
	snprintf(dst, size, "+%s -%s/s", human_rate(born, sizeof(born), s->created_per_s),
		 human_rate(ended, sizeof(ended), s->ended_per_s));
}

void header_counts(const struct header_lines *h, struct pen pen)
{
	const struct summary *s = &h->picture->summary;
	char n[HUMAN_MAX], growth[64], own[64] = "";
	enum legend how = LEGEND_LONG;
	int left, spark;

	growth_text(s, growth, sizeof(growth));
	if (s->system)
		snprintf(own, sizeof(own), "%s the runtime's own%s",
			 human_count(n, sizeof(n), s->system),
			 h->app->view.system ? "" : ", hidden");
	human_count(n, sizeof(n), s->goroutines);
	left = 12 + text_width(n) + 1 + (growth[0] ? text_width(growth) + 2 : 0);
	while (how < LEGEND_BARE && left + legend_width(s, how) > pen_room(&pen))
		how++;
	spark = pen_room(&pen) - left - legend_width(s, how) - 2;

	pen_skip(&pen, 1);
	pen_put(&pen, ROLE_DIM, "Goroutines ");
	pen_printf(&pen, ROLE_STRONG, "%s ", n);
	if (!h->graph && spark >= 6)
		put_spark(&pen, h->picture, spark > 24 ? 24 : spark), pen_put(&pen, ROLE_DIM, " ");
	pen_printf(&pen, ROLE_DIM, "%s  ", growth);
	if (h->graph || spark > 24 + text_width(own))
		pen_put(&pen, ROLE_DIM,
			pen_room(&pen) > legend_width(s, how) + text_width(own) + 2 ? own : "");
	if (pen_room(&pen) > legend_width(s, how))
		pen.x = pen.end - legend_width(s, how);
	put_legend(&pen, s, how);
}

void header_bar(const struct header_lines *h, struct pen pen)
{
	uint64_t counts[STATES];
	int shares[STATES];

	for (size_t i = 0; i < STATES; i++)
		counts[i] = count_of(&h->picture->summary, i);
	pen_skip(&pen, 1);
	pen.end--;
	pen_put(&pen, ROLE_DIM, "[");
	chart_shares(counts, STATES, pen_room(&pen) - 1, shares);
	for (size_t i = 0; i < STATES; i++)
		pen_repeat(&pen, states[i].bar,
			   !theme_has_colors() ? states[i].letter
			   : terminal_ascii()  ? "|"
					       : "■",
			   shares[i]);
	pen.x = pen.end - 1;
	pen_put(&pen, ROLE_DIM, "]");
}

/* ---- pace, latency, cost ---------------------------------------------------------------------- */

/* A word and its value, and two blanks. */
static void put_fact(struct pen *pen, const char *word, const char *value)
{
	/* Half a fact is none. */
	if (pen_room(pen) < text_width(word) + text_width(value) + 1) {
		pen->x = pen->end;
		return;
	}
	pen_printf(pen, ROLE_DIM, "%s ", word);
	pen_put(pen, ROLE_TEXT, value);
	pen_put(pen, ROLE_DIM, "  ");
}

static void put_count(struct pen *pen, const char *word, uint64_t n)
{
	char text[HUMAN_MAX];

	put_fact(pen, word, human_count(text, sizeof(text), n));
}

static void put_transitions(const struct header_lines *h, struct pen *pen)
{
	const struct source_facts *s = &h->picture->source;
	char rate[HUMAN_MAX], text[HUMAN_MAX + 4] = "–";

	if (s->probe.present && h->picture->has_interval)
		snprintf(text, sizeof(text), "%s/s",
			 human_rate(rate, sizeof(rate), s->transitions_per_s));
	put_fact(pen, "Transitions", text);
}

static void put_latency(const struct header_lines *h, struct pen *pen, bool whole)
{
	const struct latency_summary *l = &h->picture->summary.latency;
	char a[HUMAN_MAX], b[HUMAN_MAX], c[HUMAN_MAX], text[100] = "–";

	if (l->interval && l->count && whole)
		snprintf(text, sizeof(text), "p50 %s  p90 %s  p99 %s",
			 human_age(a, sizeof(a), l->p50), human_age(b, sizeof(b), l->p90),
			 human_age(c, sizeof(c), l->p99));
	else if (l->interval && l->count)
		snprintf(text, sizeof(text), "p50 %s p99 %s", human_age(a, sizeof(a), l->p50),
			 human_age(c, sizeof(c), l->p99));
	put_fact(pen, whole ? "Latency    " : "latency", text);
	if (whole && l->max)
		put_fact(pen, "max", human_age(a, sizeof(a), l->max));
}

/* What it costs the target; without a measured cost a hit that is not known. */
static void cost_text(const struct source_facts *s, bool interval, char *dst, size_t size)
{
	char percent[HUMAN_MAX];

	if (!s->probe.present || s->probe.ns_per_hit <= 0 || !interval)
		snprintf(dst, size, "–");
	else
		snprintf(dst, size, "%s CPU",
			 human_percent(percent, sizeof(percent), s->overhead_pct));
}

/* Every way to lose or mend something has a counter; short: those that are not 0 as well. */
static void put_losses(const struct source_facts *s, struct pen *pen, bool all)
{
	const struct {
		const char *word;
		uint64_t n;
		bool always;
	} losses[] = {
		{"lost", s->lost, true},	{"fixed", s->corrected, true},
		{"full", s->map_full, all},	{"unread", s->unread, all},
		{"missed", s->missed, all},	{"torn", s->torn, all},
		{"bypassed", s->bypassed, all},
	};

	for (size_t i = 0; i < ARRAY_SIZE(losses); i++)
		if (losses[i].n || losses[i].always)
			put_count(pen, losses[i].word, losses[i].n);
}

void header_rates(const struct header_lines *h, struct pen pen)
{
	const struct source_facts *s = &h->picture->source;
	char cost[HUMAN_MAX + 8];

	pen_skip(&pen, 1);
	put_transitions(h, &pen);
	put_latency(h, &pen, false);
	cost_text(s, h->picture->has_interval, cost, sizeof(cost));
	put_fact(&pen, "cost", cost);
	put_losses(s, &pen, false);
}

void header_pace(const struct header_lines *h, struct pen pen)
{
	const struct summary *s = &h->picture->summary;

	pen_skip(&pen, 1);
	put_transitions(h, &pen);
	put_count(&pen, "total", h->picture->source.transitions);
	put_count(&pen, "created", s->created);
	put_count(&pen, "ended", s->ended);
}

void header_latency(const struct header_lines *h, struct pen pen)
{
	pen_skip(&pen, 1);
	put_latency(h, &pen, true);
}

void header_cost(const struct header_lines *h, struct pen pen)
{
	const struct source_facts *s = &h->picture->source;
	char cost[HUMAN_MAX + 8], text[HUMAN_MAX];

	pen_skip(&pen, 1);
	cost_text(s, h->picture->has_interval, cost, sizeof(cost));
	put_fact(&pen, "Cost       ", cost);
	if (h->picture->has_interval)
		put_fact(&pen, "goroutop itself",
			 human_percent(text, sizeof(text), s->self_cpu_pct));
	put_losses(s, &pen, true);
}

/* ---- warnings --------------------------------------------------------------------------------- */

struct words {
	char *dst;
	size_t size, len;
};

static void warn(struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void warn(struct words *w, const char *fmt, ...)
{
	va_list ap;

	if (w->len && w->len + 3 < w->size)
		w->len += (size_t)snprintf(w->dst + w->len, w->size - w->len, " · ");
	va_start(ap, fmt);
	if (w->len < w->size)
		w->len += (size_t)vsnprintf(w->dst + w->len, w->size - w->len, fmt, ap);
	va_end(ap);
}

static void warn_of_source(struct words *w, const struct source_facts *s)
{
	char n[HUMAN_MAX];

	if (s->memory_stuck)
		warn(w, "memory does not answer");
	if (s->why[0])
		warn(w, "%s only: %s", !strcmp(s->mode, "probe") ? "probes" : s->mode, s->why);
	if (s->probe.present && s->probe.attached_pct < 99.5)
		warn(w, "probing %.0f%% of the time", s->probe.attached_pct);
	if (s->lost)
		warn(w, "lost %s", human_count(n, sizeof(n), s->lost));
	if (s->map_full)
		warn(w, "no room for %s", human_count(n, sizeof(n), s->map_full));
}

void header_warnings(const struct app *app, char *dst, size_t size)
{
	struct words w = {dst, size, 0};
	const struct picture *p = app->picture;

	dst[0] = '\0';
	if (app->state == SESSION_FAILED)
		warn(&w, "%s", app->err.text);
	else if (app->state == SESSION_ENDED)
		warn(&w, "%s", p && p->target.execed ? "runs another program now" : "has ended");
	if (p)
		warn_of_source(&w, &p->source);
}
