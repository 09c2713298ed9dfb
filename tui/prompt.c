// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tui/app.h"
#include "tui/prompt.h"

void prompt_open(struct app *app, const struct prompt_kind *kind, const char *text)
{
	app->prompt.kind = kind;
	app->prompt.error[0] = app->prompt.note[0] = '\0';
	edit_set(&app->prompt.edit, text);
}

static void finish(struct app *app, bool accepted)
{
	const struct prompt_kind *kind = app->prompt.kind;

	app->prompt.kind = NULL;
	kind->finished(app, app->prompt.edit.text, accepted);
}

bool prompt_key(struct app *app, const struct event *e)
{
	struct prompt *p = &app->prompt;

	if (p->kind->again && e->code == p->kind->again_key) {
		p->kind->again(app, p->edit.text);
		return true;
	}
	switch (e->code) {
	case K_ENTER:
		/* What is wrong stays open, so that it can be mended. */
		if (!p->error[0])
			finish(app, true);
		return true;
	case K_ESCAPE:
	case K_CTRL('g'):
		finish(app, false);
		return true;
	case K_UP:
	case K_DOWN:
	case K_PAGE_UP:
	case K_PAGE_DOWN:
	case K_POINTER:
		return false;
	default:
		if (edit_key(&p->edit, e->code))
			p->kind->changed(app, p->edit.text);
		return true;
	}
}

/* Where the text begins so that the cursor is in sight. */
static const char *visible_part(const struct edit *e, int room, int *cursor)
{
	char before[sizeof(e->text)];
	const char *from = e->text;

	snprintf(before, sizeof(before), "%.*s", (int)e->at, e->text);
	*cursor = text_width(before);
	while (*cursor >= room && *from) {
		uint32_t cp;
		size_t n = text_decode(from, strlen(from), &cp);

		from += n;
		*cursor -= text_width_of(cp);
	}
	return from;
}

void prompt_draw(const struct prompt *p, struct pen line, int *cursor_x)
{
	const char *text;
	const char *note = p->edit.len ? p->note : p->kind->hint;
	int cursor;

	pen_ground(&line, ROLE_PROMPT);
	if (note[0])
		pen_put_right(&line, ROLE_PROMPT, note);
	pen_printf(&line, ROLE_KEY_WORD, " %s ", p->kind->label);
	pen_put(&line, ROLE_PROMPT, " ");
	text = visible_part(&p->edit, pen_room(&line), &cursor);
	*cursor_x = line.x + cursor;
	pen_cell(&line, p->error[0] ? ROLE_ERROR : ROLE_PROMPT, text, pen_room(&line), ALIGN_LEFT,
		 FIT_CLIP);
}

void prompt_draw_error(const struct prompt *p, struct pen line)
{
	pen_ground(&line, ROLE_ERROR);
	pen_skip(&line, 1);
	pen_put(&line, ROLE_ERROR, p->error);
}
