// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/human.h"
#include "base/text.h"
#include "model/alarm.h"
#include "tui/app.h"
#include "tui/chart.h"
#include "tui/header.h"
#include "tui/header_lines.h"
#include "tui/terminal.h"

/* ---- how much room there is ------------------------------------------------------------------- */

enum {
	TINY_HEIGHT = 14,  /* below: title and counts */
	SMALL_HEIGHT = 20, /* below: and the bar */
	TALL_HEIGHT = 36,  /* from here on a line a fact */
	LAYOUT_WIDTH = 20, /* "  layout: calibrated" */
	GRAPH_WIDTH = 130, /* from here on with a graph beside */
	FACTS_WIDTH = 90,  /* what the facts take beside a graph */
};

typedef void (*line_fn)(const struct header_lines *h, struct pen pen);

/* The lines below the title, by the room that there is. */
static size_t choose_lines(int height, int width, const line_fn **ret)
{
	static const line_fn tiny[] = {header_counts_short};
	static const line_fn small[] = {header_counts, header_bar};
	static const line_fn normal[] = {header_counts, header_bar, header_rates};
	static const line_fn tall[] = {header_counts, header_bar, header_pace, header_latency,
				       header_losses};

	if (height < TINY_HEIGHT) {
		*ret = tiny;
		return ARRAY_SIZE(tiny);
	}
	if (height < SMALL_HEIGHT) {
		*ret = small;
		return ARRAY_SIZE(small);
	}
	if (height < TALL_HEIGHT || width < GRAPH_WIDTH) {
		*ret = normal;
		return ARRAY_SIZE(normal);
	}
	*ret = tall;
	return ARRAY_SIZE(tall);
}

/* ---- the title -------------------------------------------------------------------------------- */

static void title_right(const struct app *app, char *dst, size_t size)
{
	const struct picture *p = app->picture;
	char delay[HUMAN_MAX];
	double seconds = (double)app->view.delay / (double)NSEC_PER_SEC;

	snprintf(delay, sizeof(delay), "every %gs", seconds);
	snprintf(dst, size, "%s  %s ", p ? p->source.mode : "", delay);
}

/* A layout that was inferred is what one must know of what follows. */
static bool shows_layout(const struct app *app)
{
	const char *layout = app->picture->target.layout;

	return app->whole.width >= GRAPH_WIDTH
		       ? layout[0]
		       : !strcmp(layout, "matched") || !strcmp(layout, "calibrated");
}

/* Draws what is known of the process as far as there is room; the name and PID always. */
static void title_left(const struct app *app, struct pen *pen)
{
	const struct picture *p = app->picture;
	char up[HUMAN_MAX];

	if (!p) {
		pen_printf(pen, ROLE_TITLE_NAME, " %d ", (int)app->pid);
		pen_put(pen, ROLE_TITLE, app->state == SESSION_FAILED ? "" : "opening …");
		return;
	}
	pen_printf(pen, ROLE_TITLE_NAME, " %s ", p->target.comm[0] ? p->target.comm : "?");
	pen_printf(pen, ROLE_TITLE, "%d", (int)p->target.pid);
	if (p->target.go_version[0])
		pen_printf(pen, ROLE_TITLE, "  %s%s", p->target.go_version,
			   p->target.stripped ? " stripped" : "");
	if (p->target.started && p->time > p->target.started)
		pen_printf(pen, ROLE_TITLE, "  up %s",
			   human_age(up, sizeof(up), p->time - p->target.started));
	if (app->whole.width >= GRAPH_WIDTH && p->target.threads)
		pen_printf(pen, ROLE_TITLE, "  %u threads", p->target.threads);
	if (app->whole.width >= GRAPH_WIDTH && p->target.gomaxprocs)
		pen_printf(pen, ROLE_TITLE, "  GOMAXPROCS %u", p->target.gomaxprocs);
	if (shows_layout(app))
		pen_printf(pen, ROLE_TITLE, "  layout: %s", p->target.layout);
}

/* The columns that title_left would like to have. */
static int title_left_width(const struct app *app)
{
	const struct picture *p = app->picture;

	return p ? text_width(p->target.comm) + text_width(p->target.go_version) + 34 +
			       (shows_layout(app) ? LAYOUT_WIDTH : 0)
		 : 24;
}

/* Whether the warnings find room at the end of the title line, whole. */
static bool warnings_fit(const struct app *app, const char *warnings, int width)
{
	return title_left_width(app) + text_width(warnings) + 2 <= width;
}

static void draw_title(const struct app *app, struct pen pen, const char *warnings)
{
	char right[120];

	pen_ground(&pen, ROLE_TITLE);
	if (warnings[0] && warnings_fit(app, warnings, pen_room(&pen))) {
		char chip[sizeof(((struct header_lines *)0)->warnings) + 2];

		snprintf(chip, sizeof(chip), " %s ", warnings);
		pen_put_right(&pen, ROLE_WARNING, chip);
	}
	title_right(app, right, sizeof(right));
	if (pen_room(&pen) >= title_left_width(app) + text_width(right))
		pen_put_right(&pen, ROLE_TITLE, right);
	title_left(app, &pen);
}

/* ---- the graph -------------------------------------------------------------------------------- */

static void draw_graph(const struct app *app, const struct area *a)
{
	const struct picture *p = app->picture;
	struct area plot = *a;
	struct chart_scale scale;
	char high[HUMAN_MAX], low[HUMAN_MAX];
	size_t n = p->n_history;
	int label, columns_;

	scale = chart_scale(p->history, n);
	human_count(high, sizeof(high), (uint64_t)scale.high);
	human_count(low, sizeof(low), (uint64_t)scale.low);
	label = text_width(high) > text_width(low) ? text_width(high) : text_width(low);
	plot.width -= label + 1;
	columns_ = plot.width < (int)n ? plot.width : (int)n;
	for (int row = 0; row < a->height; row++) {
		struct pen pen = pen_line(&plot, row);

		pen_skip(&pen, plot.width - columns_);
		for (int i = 0; i < columns_; i++) {
			uint32_t v = p->history[n - (size_t)columns_ + (size_t)i];
			int level = chart_level(&scale, v, a->height);

			pen_put(&pen, ROLE_GRAPH,
				chart_sign(level - 8 * (a->height - 1 - row), terminal_ascii()));
		}
		pen.end = a->x + a->width;
		pen.x = plot.x + plot.width + 1;
		if (row == 0)
			pen_put(&pen, ROLE_DIM, high);
		else if (row == a->height - 1)
			pen_put(&pen, ROLE_DIM, low);
	}
}

/* ---- warnings that find no room in the title -------------------------------------------------- */

enum { WARNING_LINES = 2 }; /* the log has the whole */

static int warning_lines(const char *warnings, int height, int width)
{
	int most = height < SMALL_HEIGHT ? 1 : WARNING_LINES, lines = 0;

	for (; *warnings && lines < most; lines++)
		warnings += fit_line(warnings, width - 2);
	return lines;
}

static void draw_warnings(const struct area *area, int line, int lines, const char *text)
{
	for (int i = 0; i < lines; i++) {
		struct pen pen = pen_line(area, line + i);
		size_t n = fit_line(text, area->width - 2);

		pen_ground(&pen, ROLE_WARNING);
		pen_skip(&pen, 1);
		pen.end--;
		if (i + 1 < lines)
			pen_printf(&pen, ROLE_WARNING, "%.*s", (int)n, text);
		else
			pen_put(&pen, ROLE_WARNING, text);
		text += n;
	}
}

/* ---- alarms: there only when something is wrong outside the goroutines -------------------------- */

static int alarm_lines(const struct app *app, int height)
{
	size_t most = height < SMALL_HEIGHT ? 1 : 3, n = app->picture ? app->picture->n_alarms : 0;

	return (int)(n < most ? n : most);
}

static void draw_alarms(const struct app *app, const struct area *area, int line, int lines)
{
	const struct picture *p = app->picture;

	for (int i = 0; i < lines; i++) {
		struct pen pen = pen_line(area, line + i);
		char more[32];

		pen_skip(&pen, 1);
		snprintf(more, sizeof(more), "+%zu more ", p->n_alarms - (size_t)lines);
		if (i + 1 == lines && p->n_alarms > (size_t)lines)
			pen_put_right(&pen, ROLE_DIM, more);
		pen_put(&pen, ROLE_ERROR, terminal_ascii() ? "! " : "▲ ");
		pen_put(&pen, ROLE_ERROR, p->alarms[i].text);
	}
}

/* ---- the whole -------------------------------------------------------------------------------- */

int header_height(const struct app *app, int height, int width)
{
	const line_fn *lines;
	char warnings[sizeof(((struct header_lines *)0)->warnings)];
	int n = 1 + (int)choose_lines(height, width, &lines);

	header_warnings(app, warnings, sizeof(warnings));
	if (warnings[0] && !warnings_fit(app, warnings, width))
		n += warning_lines(warnings, height, width);
	return n + alarm_lines(app, height);
}

void header_draw(const struct app *app, const struct area *area)
{
	struct header_lines h = {.app = app, .picture = app->picture};
	struct area facts = *area;
	const line_fn *lines;
	size_t n = choose_lines(app->whole.height, area->width, &lines);
	int line = 1;

	header_warnings(app, h.warnings, sizeof(h.warnings));
	draw_title(app, pen_line(area, 0), h.warnings);
	if (h.warnings[0] && !warnings_fit(app, h.warnings, area->width)) {
		int taken = warning_lines(h.warnings, app->whole.height, area->width);

		draw_warnings(area, line, taken, h.warnings);
		line += taken;
	}
	if (!app_has_rows(app))
		return;
	h.graph = area->width >= GRAPH_WIDTH && app->whole.height >= SMALL_HEIGHT;
	if (h.graph) {
		struct area graph = {area->y + line, area->x + FACTS_WIDTH, (int)n,
				     area->width - FACTS_WIDTH - 1};

		if (graph.width > PICTURE_HISTORY + 10) {
			graph.x += graph.width - PICTURE_HISTORY - 10;
			graph.width = PICTURE_HISTORY + 10;
		}
		draw_graph(app, &graph);
		facts.width = graph.x - area->x - 2;
	}
	for (size_t i = 0; i < n; i++)
		lines[i](&h, pen_line(&facts, line + (int)i));
	draw_alarms(app, area, line + (int)n, alarm_lines(app, app->whole.height));
}
