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
	if (app->view.filter[0] && p && len < size)
		snprintf(dst + len, size - len, " %s: %s of %s ", app->view.filter,
			 human_count(n, sizeof(n), p->matching),
			 human_count(of, sizeof(of), p->summary.goroutines));
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

/* The next key of the bar after *at that finds room from x on; false: no more. */
static bool next_item(const struct app *app, size_t *at, int end, struct item *item)
{
	for (; *at < n_keys; (*at)++) {
		const struct key *k = &keys[*at];
		int label = 0, x = item->x + item->width;
		char text[16];

		if (!k->bar || !(k->where & app_screen(app)->where))
			continue;
		snprintf(text, sizeof(text), "%.*s", (int)key_label_first(k), k->label);
		label = text_width(text);
		if (x + label + text_width(word_of(app, k)) + 1 > end)
			continue;
		*item = (struct item){k, x, label + text_width(word_of(app, k)) + 1};
		(*at)++;
		return true;
	}
	return false;
}

static int status_width(const struct app *app, const char *status)
{
	int width = text_width(status), most = app->bar.width / 2;

	return width < most ? width : most;
}

void bar_draw(const struct app *app)
{
	struct pen pen = pen_line(&app->bar, 0);
	struct item item = {.x = app->bar.x};
	char status[700];
	size_t at = 0;

	in_force(app, status, sizeof(status));
	if (app->message[0])
		snprintf(status, sizeof(status), " %s ", app->message);
	pen.end -= app->message[0] ? text_width(status) : status_width(app, status);
	while (next_item(app, &at, pen.end, &item)) {
		pen_printf(&pen, ROLE_KEY, "%.*s", (int)key_label_first(item.key), item.key->label);
		pen_printf(&pen, ROLE_KEY_WORD, "%s ", word_of(app, item.key));
	}
	pen_fill(&pen, ROLE_KEY_WORD);
	pen.end = app->bar.x + app->bar.width;
	pen_put(&pen, app->message[0] ? app->message_role : ROLE_STATUS, status);
}

enum action bar_action_at(const struct app *app, const struct event *e)
{
	struct item item = {.x = app->bar.x};
	size_t at = 0;

	if (e->y != app->bar.y || app->prompt.kind)
		return ACT_NONE;
	while (next_item(app, &at, app->bar.x + app->bar.width, &item))
		if (e->x >= item.x && e->x < item.x + item.width)
			return item.key->action;
	return ACT_NONE;
}
