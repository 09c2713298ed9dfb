// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "model/filter.h"
#include "tui/app.h"
#include "tui/filter_line.h"

/* What stood there when the line was opened, for Esc. */
static char filter_before[sizeof(((struct table_view *)0)->filter)];

static void filter_changed(struct app *app, const char *text)
{
	struct filter *filter;
	struct err err;

	if (filter_parse(&filter, text, &err) < 0) {
		snprintf(app->prompt.error, sizeof(app->prompt.error), "%s", err.text);
		return;
	}
	filter_free(filter);
	app->prompt.error[0] = '\0';
	snprintf(app->view.filter, sizeof(app->view.filter), "%s", text);
}

static void filter_finished(struct app *app, const char *text, bool accepted)
{
	(void)text;
	if (!accepted)
		memcpy(app->view.filter, filter_before, sizeof(filter_before));
	else if (strcmp(app->view.filter, filter_before))
		app->view.drilled = false; /* it is the user's own now */
}

static const struct prompt_kind filter_prompt = {
	.label = "Filter",
	.hint = "state:waiting age>1m reason:chan ! | ( )",
	.changed = filter_changed,
	.finished = filter_finished,
};

void filter_line_open(struct app *app)
{
	memcpy(filter_before, app->view.filter, sizeof(filter_before));
	prompt_open(app, &filter_prompt, app->view.filter);
}
