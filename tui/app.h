/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program under the screen: what is watched, how it is looked at, and which screen is open. */
#ifndef GOROUTOP_TUI_APP_H
#define GOROUTOP_TUI_APP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "model/picture.h"
#include "source/command.h"
#include "source/session.h"
#include "tui/layout.h"
#include "tui/options.h"
#include "tui/processes.h"
#include "tui/prompt.h"
#include "tui/screen.h"
#include "tui/window.h"

/* How the table is looked at; kept when the target changes. */
struct table_view {
	struct sort_spec sort;
	char filter[512]; /* the last good one */
	bool drilled;	  /* it came with a group or an object, and takes the place of … */
	char filter_kept[512];
	bool system;
	bool tree;
	uint64_t folded[FOLDED_MAX]; /* goids */
	size_t n_folded;
	uint64_t keep; /* goid that the cursor stays on while rows change their order; 0: none */
	uint64_t delay;
	int columns[LAYOUT_MAX]; /* indices into columns[] */
	size_t n_columns;
	bool chosen;		/* by the user; otherwise as many as there is room for */
	int shift;		/* columns scrolled away */
	int needed[LAYOUT_MAX]; /* widest cell yet seen, by index into columns[] */
	struct layout layout;
	struct window window;
};

/* How groups are looked at; kept when the target changes. */
struct groups_view {
	struct group_by by;
	int column; /* of group_columns[]: sorted by it … */
	enum sort_dir dir;
	int shift;
	int needed; /* widest key yet seen */
	struct layout layout;
	struct window window;
};

/* How what goroutines wait on is looked at; kept when the target changes. */
struct blocked_view {
	enum blocked_sort sort;
	bool reversed;
	int needed[8]; /* widest cell yet seen, by column */
	struct layout layout;
	struct window window;
};

/* One goroutine looked at closely. */
struct detail {
	uint64_t goid;	      /* 0: none */
	struct picture *last; /* the last picture that knew it, when app.picture does not */
	bool unfolded;	      /* the runtime's frames are shown one by one */
	struct window window;
};

struct searching {
	struct search question; /* serial 0: none is waiting for its answer */
	uint64_t serial;	/* of the last one */
	uint64_t from;		/* goid of the row where it began … */
	size_t place_before;	/* … and its place */
};

struct picker {
	struct processes *processes; /* NULL until the picker was open once */
	struct process_list *list;   /* the newest one */
	size_t *shown, n_shown;	     /* which of them match the filter */
	struct window window;
	pid_t selected;
	char filter[128];
};

enum { SCREENS_DEEP = 6 };

struct app {
	const struct options *options;
	struct table_view view;
	struct groups_view groups;
	struct blocked_view blocked;

	/* What is watched. */
	pid_t pid; /* 0: nothing */
	struct command *command;
	struct session *session;
	enum session_state state;
	struct err err;		 /* why it failed */
	struct picture *picture; /* the newest one; NULL: none yet */
	bool paused;
	uint64_t followed; /* goid; 0: none */
	uint64_t refreshes, serial;

	/* What was asked for last, so that only a change is asked for again. */
	struct request asked;
	char asked_filter[512];
	bool snapshot;	      /* a picture with all rows is awaited, to be written to a file … */
	uint64_t snapshot_at; /* … from this refresh on, even if not all stacks are in it */

	/* What is on the screen. */
	const struct screen *stack[SCREENS_DEEP];
	size_t depth;
	struct area whole, header, body, bar;
	struct prompt prompt;
	struct detail detail;
	struct searching search;
	struct picker picker;
	struct window help, log, menu, scheduler;
	char message[300];
	enum role message_role;
	uint64_t message_until; /* CLOCK_MONOTONIC */

	bool dirty; /* the screen must be drawn anew */
	bool quit;
	bool failed; /* … because the target cannot be watched: err says why */
	int status;  /* exit status, once quit */
};

struct app *app_new(const struct options *options); /* NULL: no memory */
/* Ends watching too; the list of processes is refreshed until the program ends. */
void app_free(struct app *app);

/* Watches another process from now on; 0 or -errno. */
int app_attach(struct app *app, pid_t pid, struct command *command, struct err *err);
/* Ends watching; the picture goes too. */
void app_detach(struct app *app);

/* The session has news: takes them. */
void app_news(struct app *app);

/* Asks the session for what the screen needs now, if that has changed. */
void app_request(struct app *app);

/* Screens. */
const struct screen *app_screen(const struct app *app);
void app_open(struct app *app, const struct screen *screen);
void app_close_top(struct app *app);
void app_only(struct app *app, const struct screen *screen); /* that one and no other */
bool app_is_open(const struct app *app, const struct screen *screen);

/* views.c: the topmost screen that does not lie over another. */
const struct screen *app_ground(const struct app *app);
/* Opens the screen of a view, over the table and nothing else; false: no action that does. */
/* Why what this screen shows has not been read. */
const char *app_not_read(const struct app *app);
bool app_open_view(struct app *app, enum action action);
/*
 * The table with the members of a group or the waiters of an object alone. The filter that was in
 * force comes back when one leaves them; false: there are none to leave.
 */
void app_drill(struct app *app, const char *filter);
bool app_undrill(struct app *app);
/* The column of the table at a place of its layout. */
int table_column_at(const struct table_view *v, size_t i);

/* Does what a key means, on the screen that is open or everywhere. */
void app_action(struct app *app, enum action action);
void app_event(struct app *app, const struct event *e);

/* A line at the bottom for some seconds. */
void app_say(struct app *app, enum role role, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Whether there is anything to show: a runtime that lives always has goroutines, so a picture without
 * any, its own included, only means that none has been seen yet.
 */
bool app_has_rows(const struct app *app);

/* The row at a place among the matching; NULL: not in the picture. */
const struct picture_row *app_row(const struct app *app, size_t place);

/* What a cell needs beside its row. */
struct row_context app_context(const struct app *app);

/* Ms until something must be done without an event; −1: nothing. */
int app_timeout(const struct app *app);

#endif
