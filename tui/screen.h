/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen is one constant vtable. It draws into the area it is given and says what must happen
 * after a key; it never draws out of turn, reads keys or waits: the loop does (loop.c).
 */
#ifndef GOROUTOP_TUI_SCREEN_H
#define GOROUTOP_TUI_SCREEN_H

#include <stdbool.h>

#include "model/picture.h"
#include "tui/event.h"
#include "tui/keys.h"
#include "tui/pen.h"

struct app;

/* What a handler wants to happen next. */
enum reaction {
	REACT_IGNORED = 0, /* it was not for this screen */
	REACT_DONE = 1,	   /* the picture may have changed */
	REACT_CLOSE = 2,   /* this screen is finished: back to the one before */
};

struct screen {
	const char *name;
	unsigned where; /* enum key_where: which keys hold here */
	bool header;	/* the header of the watched process stands above */
	bool overlay;	/* drawn over the screen before it */
	enum view view; /* what the model is asked for while it is open */

	void (*open)(struct app *app);	/* NULL: nothing to do */
	void (*close)(struct app *app); /* NULL: nothing to do */
	/* There is so much room, and maybe a new picture: adapts what depends on it. May be NULL. */
	void (*arrange)(struct app *app, const struct area *body);
	void (*draw)(struct app *app, const struct area *body);
	enum reaction (*act)(struct app *app, enum action action);
	enum reaction (*point)(struct app *app, const struct event *e, const struct area *body);
};

/*
 * To add a screen for a view (a key 1, 2, 3 …): a vtable in tui/screen_NAME.c with its .view and
 * .where, its name here, a bit in enum key_where (in WHERE_VIEWS too), an action with a row in
 * keys.c, and a row in view_screens[] (views.c). The table stands below all others: Esc and q lead
 * back to it.
 */
extern const struct screen screen_groups, screen_group_by, screen_group_sort;
/* What the groups' screen wants to see. */
struct group_request screen_groups_request(const struct app *app);

extern const struct screen screen_blocked;
/* What the screen of what is blocked on wants to see. */
struct blocked_request screen_blocked_request(const struct app *app);

extern const struct screen screen_table, screen_detail, screen_picker, screen_help, screen_log,
	screen_sort, screen_columns, screen_scheduler;

#endif
