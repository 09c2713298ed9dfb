// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/human.h"
#include "base/text.h"
#include "tui/app.h"
#include "tui/bar.h"

/* What is in force and must not be forgotten: "PAUSED", "filter …", "following 17". */
static void in_force(const struct app *app, char *dst, size_t size)
{
	const struct picture *p = app->picture;
	const unsigned filtered = WHERE_TABLE | WHERE_GROUPS | WHERE_BLOCKED;
	char n[HUMAN_MAX], of[HUMAN_MAX];
	size_t len = 0;

	dst[0] = '\0';
	if (app_screen(app)->header &&
	    (app->state == SESSION_ENDED || app->state == SESSION_FAILED))
		len += (size_t)snprintf(dst, size, " %s: a attaches to another ",
					app->state == SESSION_ENDED ? "ended" : "failed");
	if (app->paused && len < size)
		len += (size_t)snprintf(dst + len, size - len, " PAUSED ");
	if (app->followed && len < size)
		len += (size_t)snprintf(dst + len, size - len, " following %llu ",
					(unsigned long long)app->followed);
	if (app->view.filter[0] && p && len < size && app_screen(app)->where & filtered)
		snprintf(dst + len, size - len, " %s of %s: %s ",
			 human_count(n, sizeof(n), p->matching),
			 human_count(of, sizeof(of), p->summary.goroutines), app->view.filter);
}

struct item {
	const struct key *key;
	int x, width;
};

static const char *word_of(const struct app *app, const struct key *k)
{
	if (k->action == ACT_LEAVE && app->depth > 1)
		return "Back";
	return k->action == ACT_LEAVE ? "Quit" : k->bar;
}

/* What stands in the bar, from left to right. */
struct bar {
	const struct app *app;
	int end;   /* of the room for keys */
	int leave; /* width of the way out, which is always there */
	size_t at;
	bool full;
	struct item item;
};

static int width_of(const struct app *app, const struct key *k)
{
	char text[16];

	snprintf(text, sizeof(text), "%.*s", (int)key_label_first(k), k->label);
	return text_width(text) + text_width(word_of(app, k)) + 1;
}

static bool is_shown(const struct app *app, const struct key *k)
{
	return k->bar && k->where & app_screen(app)->where;
}

/* The next key; false: no more. */
static bool next_item(struct bar *b)
{
	while (b->at < n_keys) {
		const struct key *k = &keys[b->at++];
		bool leave = k->action == ACT_LEAVE;
		int x = b->item.x + b->item.width;

		if (!is_shown(b->app, k) || (b->full && !leave))
			continue;
		b->item = (struct item){k, x, width_of(b->app, k)};
		if (x + b->item.width <= b->end - (leave ? 0 : b->leave))
			return true;
		b->item.width = 0;
		b->full = true;
	}
	return false;
}

static int status_width(const struct app *app, const char *status)
{
	int width = text_width(status), most = app->bar.width / 2;

	return width < most ? width : most;
}

static void status_text(const struct app *app, char *dst, size_t size)
{
	if (app->message[0])
		snprintf(dst, size, " %s ", app->message);
	else
		in_force(app, dst, size);
}

static struct bar bar_begin(const struct app *app, const char *status)
{
	int taken = app->message[0] ? text_width(status) : status_width(app, status);
	struct bar b = {.app = app,
			.end = app->bar.x + app->bar.width - taken,
			.item = {.x = app->bar.x}};

	for (size_t i = 0; i < n_keys; i++)
		if (keys[i].action == ACT_LEAVE && is_shown(app, &keys[i]))
			b.leave = width_of(app, &keys[i]);
	return b;
}

void bar_draw(const struct app *app)
{
	struct pen pen = pen_line(&app->bar, 0);
	char status[700];
	struct bar b;

	status_text(app, status, sizeof(status));
	b = bar_begin(app, status);
	pen.end = b.end;
	while (next_item(&b)) {
		pen_printf(&pen, ROLE_KEY, "%.*s", (int)key_label_first(b.item.key),
			   b.item.key->label);
		pen_printf(&pen, ROLE_KEY_WORD, "%s ", word_of(app, b.item.key));
	}
	pen_fill(&pen, ROLE_KEY_WORD);
	pen.end = app->bar.x + app->bar.width;
	pen_put(&pen, app->message[0] ? app->message_role : ROLE_STATUS, status);
}

enum action bar_action_at(const struct app *app, const struct event *e)
{
	char status[700];
	struct bar b;

	if (e->y != app->bar.y || app->prompt.kind)
		return ACT_NONE;
	status_text(app, status, sizeof(status));
	b = bar_begin(app, status);
	while (next_item(&b))
		if (e->x >= b.item.x && e->x < b.item.x + b.item.width)
			return b.item.key->action;
	return ACT_NONE;
}
