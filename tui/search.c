// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/human.h"
#include "tui/app.h"
#include "tui/search.h"

static uint64_t goid_at_cursor(const struct app *app)
{
	const struct picture_row *pr = app_row(app, app->view.window.cursor);

	return pr ? pr->row->goid : 0;
}

/* Asks; the answer comes with a picture. */
static void ask(struct app *app, const char *text, uint64_t from, bool inclusive)
{
	struct search *s = &app->search.question;

	snprintf(s->word, sizeof(s->word), "%s", text);
	s->serial = *text ? ++app->search.serial : 0;
	s->from = from;
	s->inclusive = inclusive;
	app->followed = 0;
}

static void search_changed(struct app *app, const char *text)
{
	/* While it is typed, from where it began: a longer word may lie before a shorter one's. */
	app->prompt.error[0] = '\0';
	ask(app, text, app->search.from, true);
}

static void search_again(struct app *app, const char *text)
{
	ask(app, text, goid_at_cursor(app), false);
}

static void search_finished(struct app *app, const char *text, bool accepted)
{
	(void)text;
	app->search.question.serial = 0;
	if (!accepted)
		window_move_to(&app->view.window, app->search.place_before);
}

static const struct prompt_kind search_prompt = {
	.label = "Search",
	.hint = "F3 next",
	.changed = search_changed,
	.finished = search_finished,
	.again = search_again,
	.again_key = K_F(3),
};

void search_open(struct app *app)
{
	app->search.from = goid_at_cursor(app);
	app->search.place_before = app->view.window.cursor;
	prompt_open(app, &search_prompt, "");
}

void search_answer(struct app *app)
{
	const struct search_answer *a = &app->picture->found;
	char nth[HUMAN_MAX], of[HUMAN_MAX];
	struct prompt *p = &app->prompt;

	if (!a->serial || a->serial != app->search.question.serial)
		return;
	app->search.question.serial = 0;
	p->error[0] = p->note[0] = '\0';
	if (!a->goid) {
		snprintf(p->error, sizeof(p->error), "not found");
		return;
	}
	app->view.window.total = app->picture->matching;
	window_move_to(&app->view.window, a->at);
	snprintf(p->note, sizeof(p->note), "%s of %s, F3 next",
		 human_count(nth, sizeof(nth), a->nth), human_count(of, sizeof(of), a->of));
}
