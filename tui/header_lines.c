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
enum legend { LEGEND_LONG, LEGEND_SHORT };

static const char *state_word(size_t state, enum legend how)
{
	return how == LEGEND_LONG ? states[state].name : states[state].brief;
}

static void put_legend(struct pen *pen, const struct summary *s, enum legend how)
{
	char n[HUMAN_MAX];

	for (size_t i = 0; i < STATES; i++) {
		uint64_t count = count_of(s, i);

		if (!count && !states[i].always)
			continue;
		/* The letter of the bar, where colour does not tell. */
		if (!theme_has_colors() && how == LEGEND_LONG)
			pen_printf(pen, ROLE_TEXT, "%s=", states[i].letter);
		pen_printf(pen, ROLE_DIM, "%s ", state_word(i, how));
		pen_put(pen, count ? states[i].role : ROLE_DIM, human_count(n, sizeof(n), count));
		pen_put(pen, ROLE_DIM, how == LEGEND_LONG ? "  " : " ");
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
		width += text_width(state_word(i, how)) + 1;
		width += text_width(human_count(n, sizeof(n), count));
		width += how == LEGEND_LONG ? 2 + (theme_has_colors() ? 0 : 2) : 1;
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
		   legend_width(s, LEGEND_LONG) <= pen_room(&pen) ? LEGEND_LONG : LEGEND_SHORT);
}

/* The last values as one line of little columns. */
static void put_spark(struct pen *pen, const struct picture *p, int width)
{
	size_t n = p->n_history < (size_t)width ? p->n_history : (size_t)width;
	const uint32_t *from = p->history + p->n_history - n;
	struct chart_scale scale = chart_scale(from, n);

	for (size_t i = 0; i < n; i++)
		pen_put(pen, ROLE_GRAPH,
			chart_sign(chart_level(&scale, from[i], 1), terminal_ascii()));
	pen_skip(pen, width - (int)n);
}

/* "+12 -11/s"; while unknown, nothing. */
static void growth_text(const struct summary *s, char *dst, size_t size)
{
	char born[HUMAN_MAX], ended[HUMAN_MAX];

	dst[0] = '\0';
	if (s->created_per_s < 0 || s->ended_per_s < 0)
		return;
	snprintf(dst, size, "+%s -%s/s", human_rate(born, sizeof(born), s->created_per_s),
		 human_rate(ended, sizeof(ended), s->ended_per_s));
}

static void own_text(const struct header_lines *h, char *dst, size_t size)
{
	uint64_t n = h->picture->summary.system;
	char text[HUMAN_MAX];

	dst[0] = '\0';
	if (n)
		snprintf(dst, size, "%s the runtime's own%s", human_count(text, sizeof(text), n),
			 h->app->view.system ? "" : ", hidden");
}

static void put_label(struct pen *pen, const char *label)
{
	enum { LABEL_WIDTH = 12 };

	pen_skip(pen, 1);
	pen_cell(pen, ROLE_DIM, label, LABEL_WIDTH, ALIGN_LEFT, FIT_CLIP);
}

void header_counts(const struct header_lines *h, struct pen pen)
{
	const struct summary *s = &h->picture->summary;
	char n[HUMAN_MAX], growth[64], own[64];
	int room;

	put_label(&pen, "Goroutines");
	growth_text(s, growth, sizeof(growth));
	own_text(h, own, sizeof(own));
	pen_printf(&pen, ROLE_STRONG, "%s  ", human_count(n, sizeof(n), s->goroutines));
	/* What is left for the sparkline; the runtime's own are told where that leaves it enough. */
	room = pen_room(&pen) - text_width(growth) - 3;
	if (own[0] && room - text_width(own) - 3 >= 8)
		room -= text_width(own) + 3;
	else
		own[0] = '\0';
	if (!h->graph && room >= 8) {
		put_spark(&pen, h->picture, room > PICTURE_HISTORY ? PICTURE_HISTORY : room);
		pen_skip(&pen, 2);
	}
	pen_put(&pen, ROLE_TEXT, growth);
	pen_skip(&pen, 3);
	pen_put(&pen, ROLE_DIM, own);
}

void header_bar(const struct header_lines *h, struct pen pen)
{
	const struct summary *s = &h->picture->summary;
	enum legend how = LEGEND_LONG;
	uint64_t counts[STATES];
	int shares[STATES], width;

	put_label(&pen, "States");
	if (legend_width(s, how) + 12 > pen_room(&pen))
		how = LEGEND_SHORT;
	width = pen_room(&pen) - legend_width(s, how) - 1;
	for (size_t i = 0; i < STATES; i++)
		counts[i] = count_of(s, i);
	if (width < 0)
		width = 0;
	chart_shares(counts, STATES, width, shares);
	for (size_t i = 0; i < STATES; i++)
		pen_repeat(&pen, states[i].bar,
			   !theme_has_colors() ? states[i].letter
			   : terminal_ascii()  ? "|"
					       : "▇",
			   shares[i]);
	pen.x = pen.end - legend_width(s, how);
	put_legend(&pen, s, how);
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

static void transitions_text(const struct picture *p, char *dst, size_t size)
{
	char rate[HUMAN_MAX];

	if (!p->source.probe.present || p->source.transitions_per_s < 0)
		snprintf(dst, size, "–");
	else
		snprintf(dst, size, "%s/s",
			 human_rate(rate, sizeof(rate), p->source.transitions_per_s));
}

static void latency_text(const struct latency_summary *l, bool whole, char *dst, size_t size)
{
	char a[HUMAN_MAX], b[HUMAN_MAX], c[HUMAN_MAX];

	if (!l->interval || !l->count)
		snprintf(dst, size, "–");
	else if (whole)
		snprintf(dst, size, "p50 %s  p90 %s  p99 %s", human_age(a, sizeof(a), l->p50),
			 human_age(b, sizeof(b), l->p90), human_age(c, sizeof(c), l->p99));
	else
		snprintf(dst, size, "p50 %s p99 %s", human_age(a, sizeof(a), l->p50),
			 human_age(c, sizeof(c), l->p99));
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
	const struct picture *p = h->picture;
	char text[100];

	put_label(&pen, "Transitions");
	transitions_text(p, text, sizeof(text));
	pen_printf(&pen, ROLE_TEXT, "%s  ", text);
	latency_text(&p->summary.latency, false, text, sizeof(text));
	put_fact(&pen, "latency", text);
	cost_text(&p->source, p->has_interval, text, sizeof(text));
	put_fact(&pen, "cost", text);
	put_losses(&p->source, &pen, false);
}

void header_pace(const struct header_lines *h, struct pen pen)
{
	const struct picture *p = h->picture;
	char text[100];

	put_label(&pen, "Transitions");
	transitions_text(p, text, sizeof(text));
	pen_printf(&pen, ROLE_TEXT, "%s  ", text);
	if (p->source.counted)
		put_count(&pen, "in all", p->source.transitions);
	else
		put_fact(&pen, "in all", "–");
	put_count(&pen, "created", p->summary.created);
	put_count(&pen, "ended", p->summary.ended);
}

void header_latency(const struct header_lines *h, struct pen pen)
{
	const struct picture *p = h->picture;
	char text[100];

	put_label(&pen, "Latency");
	latency_text(&p->summary.latency, true, text, sizeof(text));
	pen_printf(&pen, ROLE_TEXT, "%s  ", text);
	if (p->summary.latency.max)
		put_fact(&pen, "max", human_age(text, sizeof(text), p->summary.latency.max));
	cost_text(&p->source, p->has_interval, text, sizeof(text));
	put_fact(&pen, "  cost", text);
	if (p->has_interval)
		put_fact(&pen, "goroutop",
			 human_percent(text, sizeof(text), p->source.self_cpu_pct));
}

void header_losses(const struct header_lines *h, struct pen pen)
{
	put_label(&pen, "Losses");
	put_losses(&h->picture->source, &pen, true);
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
		warn(w, "%s", s->why);
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
	if (app->state == SESSION_ENDED)
		warn(&w, "%s",
		     p && p->target.execed ? "runs another program now (a: watch it)"
					   : "has ended");
	if (p)
		warn_of_source(&w, &p->source);
}
