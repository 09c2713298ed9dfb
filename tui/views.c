// SPDX-License-Identifier: GPL-2.0-or-later
/* The screens that keys 1, 2, 3 … switch between. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "tui/app.h"

/* The table comes first: it stands below all others. */
static const struct {
	enum action action;
	const struct screen *screen;
} view_screens[] = {
	{ACT_TABLE, &screen_table},
	{ACT_GROUPS, &screen_groups},
	{ACT_SCHEDULER, &screen_scheduler},
	{ACT_BLOCKED, &screen_blocked},
};

const struct screen *app_ground(const struct app *app)
{
	size_t i = app->depth - 1;

	while (i && app->stack[i]->overlay)
		i--;
	return app->stack[i];
}

bool app_open_view(struct app *app, enum action action)
{
	for (size_t i = 0; i < ARRAY_SIZE(view_screens); i++) {
		if (view_screens[i].action != action)
			continue;
		if (app->session && app_screen(app) != view_screens[i].screen) {
			app_only(app, &screen_table);
			if (view_screens[i].screen != &screen_table)
				app_undrill(app);
			app_open(app, view_screens[i].screen);
		}
		return true;
	}
	return false;
}

void app_drill(struct app *app, const char *filter)
{
	struct table_view *v = &app->view;

	if (!v->drilled)
		memcpy(v->filter_kept, v->filter, sizeof(v->filter));
	v->drilled = true;
	snprintf(v->filter, sizeof(v->filter), "%s", filter);
	v->window.first = v->window.cursor = 0;
	app_open_view(app, ACT_TABLE);
}

bool app_undrill(struct app *app)
{
	struct table_view *v = &app->view;
	bool drilled = v->drilled;

	if (drilled)
		memcpy(v->filter, v->filter_kept, sizeof(v->filter));
	v->drilled = false;
	return drilled;
}

const char *app_not_read(const struct app *app)
{
	if (app->state == SESSION_ENDED || app->state == SESSION_FAILED)
		return "was not read before the process ended";
	return app->paused ? "is not read while paused: Z goes on" : "…";
}
