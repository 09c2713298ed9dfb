// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/human.h"
#include "base/log.h"
#include "tui/app.h"
#include "tui/bar.h"
#include "tui/search.h"
#include "tui/snapshot_file.h"
#include "tui/terminal.h"

static const uint64_t message_time = 5 * NSEC_PER_SEC;

static void start_view(struct table_view *v, const struct options *o)
{
	v->sort = o->sort;
	v->system = o->all;
	v->delay = o->delay;
	snprintf(v->filter, sizeof(v->filter), "%s", o->filter ? o->filter : "");
	if (o->n_columns) {
		memcpy(v->columns, o->columns, sizeof(v->columns));
		v->n_columns = o->n_columns;
		v->chosen = true;
		return;
	}
	for (size_t i = 0; i < n_columns && i < LAYOUT_MAX; i++)
		v->columns[v->n_columns++] = (int)i;
}

struct app *app_new(const struct options *options)
{
	struct app *app = calloc(1, sizeof(*app));

	if (!app)
		return NULL;
	app->options = options;
	app->dirty = true;
	start_view(&app->view, options);
	app->groups.by = options->group_by;
	app->groups.dir = SORT_DESC;
	return app;
}

void app_say(struct app *app, enum role role, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(app->message, sizeof(app->message), fmt, ap);
	va_end(ap);
	app->message_role = role;
	app->message_until = clock_mono() + message_time;
	app->dirty = true;
}

int app_timeout(const struct app *app)
{
	uint64_t now = clock_mono();

	if (!app->message[0])
		return -1;
	return now >= app->message_until ? 0
					 : (int)((app->message_until - now) / NSEC_PER_MSEC) + 1;
}

/* ---- screens ---------------------------------------------------------------------------------- */

const struct screen *app_screen(const struct app *app)
{
	return app->stack[app->depth - 1];
}

bool app_is_open(const struct app *app, const struct screen *screen)
{
	for (size_t i = 0; i < app->depth; i++)
		if (app->stack[i] == screen)
			return true;
	return false;
}

void app_open(struct app *app, const struct screen *screen)
{
	app->dirty = true;
	if (app_is_open(app, screen) || app->depth == SCREENS_DEEP)
		return;
	app->stack[app->depth++] = screen;
	if (screen->open)
		screen->open(app);
}

void app_close_top(struct app *app)
{
	const struct screen *screen = app_screen(app);

	app->dirty = true;
	app->depth--;
	app->prompt.kind = NULL;
	if (screen->close)
		screen->close(app);
}

void app_only(struct app *app, const struct screen *screen)
{
	while (app->depth)
		app_close_top(app);
	app_open(app, screen);
}

/* ---- watching --------------------------------------------------------------------------------- */

static struct request request_of(const struct app *app)
{
	const struct window *w = &app->view.window;
	bool all = app->snapshot;
	uint64_t kept = app->followed ? app->followed : app->view.keep;
	struct request request = {
		.view = app->depth && !all ? app_ground(app)->view : VIEW_GOROUTINES,
		.groups = screen_groups_request(app),
		.blocked = screen_blocked_request(app),
		.sort = app->view.sort,
		.system = app->view.system,
		.waits = all,
		.ended = !all,
		.ascii = terminal_ascii(),
		/* A page on either side, so that a step or a page shows rows at once. */
		.first = all || w->first < w->height ? 0 : w->first - w->height,
		.count = all ? SIZE_MAX : 3 * (w->height ? w->height : 1),
		.selected = app->detail.goid ? app->detail.goid : kept,
		.follow = !all && !app->detail.goid && kept,
		.tree = app->view.tree && !all,
		.n_folded = app->view.n_folded,
		.search = app->search.question,
		.stacks = all		     ? STACKS_ALL
			  : app->detail.goid ? STACKS_SELECTED
					     : STACKS_NONE,
	};

	memcpy(request.folded, app->view.folded, sizeof(request.folded));
	return request;
}

static void remember_request(struct app *app, const struct request *request)
{
	app->asked = *request;
	snprintf(app->asked_filter, sizeof(app->asked_filter), "%s", app->view.filter);
}

static bool groups_same(const struct group_request *a, const struct group_request *b)
{
	return group_by_same(&a->by, &b->by) && a->column == b->column && a->dir == b->dir &&
	       a->first == b->first && a->count == b->count;
}

static bool blocked_same(const struct blocked_request *a, const struct blocked_request *b)
{
	return a->sort == b->sort && a->reversed == b->reversed && a->first == b->first &&
	       a->count == b->count;
}

static bool same_request(const struct request *a, const struct request *b)
{
	return a->view == b->view && a->waits == b->waits &&
	       blocked_same(&a->blocked, &b->blocked) && groups_same(&a->groups, &b->groups) &&
	       a->sort.column == b->sort.column && a->sort.dir == b->sort.dir &&
	       a->system == b->system && a->first == b->first && a->count == b->count &&
	       a->selected == b->selected && a->tree == b->tree && a->n_folded == b->n_folded &&
	       !memcmp(a->folded, b->folded, a->n_folded * sizeof(a->folded[0])) &&
	       a->follow == b->follow && a->stacks == b->stacks &&
	       a->search.serial == b->search.serial;
}

void app_request(struct app *app)
{
	struct request request;

	if (!app->session)
		return;
	request = request_of(app);
	if (same_request(&request, &app->asked) && !strcmp(app->asked_filter, app->view.filter))
		return;
	remember_request(app, &request);
	session_request(app->session, &request, app->view.filter);
}

void app_detach(struct app *app)
{
	if (app->session)
		session_close(app->session);
	picture_free(app->picture);
	picture_free(app->detail.last);
	app->detail = (struct detail){0};
	app->session = NULL;
	app->picture = NULL;
	app->pid = 0;
	app->followed = 0;
	app_undrill(app);
	app->paused = app->snapshot = false;
	memset(app->view.needed, 0, sizeof(app->view.needed));
	app->view.window = (struct window){.height = app->view.window.height};
}

void app_free(struct app *app)
{
	app_detach(app);
	/* Not before: --kill means the end of goroutop, and takes up to 5 s. */
	command_close(app->command);
	free(app->picker.list);
	free(app->picker.shown);
	free(app);
}

int app_attach(struct app *app, pid_t pid, struct command *command, struct err *err)
{
	const struct session_options options = {
		.pid = pid,
		.mode = app->options->mode,
		.delay = app->view.delay,
		.max_goroutines = app->options->max_goroutines,
		.radar = app->options->radar,
		.no_waker = app->options->no_waker,
		.max_overhead = app->options->max_overhead,
		.drop = app->options->drop,
		.syscalls = app->options->syscalls,
		.command = command,
	};
	struct request request;
	int r;

	app_detach(app);
	request = request_of(app);
	r = session_start(&app->session, &options, &request, app->view.filter, err);
	if (r < 0)
		return r;
	remember_request(app, &request);
	app->pid = pid;
	if (command)
		app->command = command;
	app->state = SESSION_OPENING;
	app->dirty = true;
	return 0;
}

bool app_has_rows(const struct app *app)
{
	const struct picture *p = app->picture;

	return p && (p->summary.goroutines || p->summary.system || p->target.exited);
}

const struct picture_row *app_row(const struct app *app, size_t place)
{
	const struct picture *p = app->picture;

	if (!p || place < p->first || place - p->first >= p->n)
		return NULL;
	return &p->rows[place - p->first];
}

struct row_context app_context(const struct app *app)
{
	struct row_context ctx = {0};

	if (app->picture)
		ctx = app->picture->context;
	ctx.ascii = terminal_ascii();
	return ctx;
}

/* ---- news ------------------------------------------------------------------------------------- */

/* The pane keeps what was last known of its goroutine, after its end too. */
static void replace_picture(struct app *app, struct picture *p)
{
	struct picture *old = app->picture;

	app->picture = p;
	if (p->selected && app->detail.last) {
		picture_free(app->detail.last);
		app->detail.last = NULL;
	}
	if (old && app->detail.goid && !p->selected && old->selected &&
	    old->selected->row->goid == app->detail.goid && !app->detail.last)
		app->detail.last = old;
	else
		picture_free(old);
}

static void follow(struct app *app)
{
	const struct picture *p = app->picture;

	if (app->view.keep && app->asked.selected == app->view.keep) {
		app->view.keep = 0;
		if (p->selected_at >= 0) {
			app->view.window.total = p->matching;
			window_move_to(&app->view.window, (size_t)p->selected_at);
		}
	}
	if (!app->followed || app->asked.selected != app->followed)
		return;
	if (p->selected_at >= 0) {
		app->view.window.total = p->matching;
		window_move_to(&app->view.window, (size_t)p->selected_at);
	} else if (!p->selected) {
		app_say(app, ROLE_STATUS, "goroutine %llu has ended",
			(unsigned long long)app->followed);
		app->followed = 0;
	}
}

/* Goroutines come and go, or nobody may read memory: what there is by then is written. */
static bool snapshot_is_late(const struct app *app)
{
	enum { PATIENCE = 3 }; /* refreshes */

	bool more_come = app->state == SESSION_LIVE && !app->paused;

	return app->picture->n == app->picture->matching && app->asked.count == SIZE_MAX &&
	       (!more_come || app->refreshes >= app->snapshot_at + PATIENCE);
}

static void check_snapshot(struct app *app)
{
	if (!app->snapshot || !app->picture || (!snapshot_is_ready(app) && !snapshot_is_late(app)))
		return;
	app->snapshot = false;
	snapshot_write(app);
}

static void take_picture(struct app *app)
{
	struct picture *p = session_picture(app->session);

	if (!p)
		return;
	replace_picture(app, p);
	follow(app);
	search_answer(app);
	if (p->serial != app->serial)
		app->refreshes++;
	app->serial = p->serial;
	app->dirty = true;
}

void app_news(struct app *app)
{
	enum session_state before = app->state;

	take_picture(app);
	app->state = session_state(app->session, &app->err);
	check_snapshot(app);
	if (app->state == before)
		return;
	app->dirty = true;
	if (app->state == SESSION_FAILED)
		log_add(LOG_ERROR, "%s", app->err.text);
}

/* ---- what holds on every screen --------------------------------------------------------------- */

static void change_delay(struct app *app, bool faster)
{
	static const unsigned steps[] = {100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000};
	uint64_t now = app->view.delay / NSEC_PER_MSEC, next = now;
	char text[HUMAN_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (faster && steps[i] < now)
			next = steps[i];
		if (!faster && steps[i] > now) {
			next = steps[i];
			break;
		}
	}
	app->view.delay = next * NSEC_PER_MSEC;
	if (app->session)
		session_set_delay(app->session, app->view.delay);
	app_say(app, ROLE_STATUS, "refreshes every %s",
		human_age(text, sizeof(text), app->view.delay));
}

static void toggle_pause(struct app *app)
{
	app->paused = !app->paused;
	if (app->session)
		session_pause(app->session, app->paused);
}

/* Esc ends, one after the other, what is in force. */
static void back(struct app *app)
{
	if (app->depth > 1)
		app_close_top(app);
	else if (app->followed)
		app->followed = 0;
	else if (app_screen(app) == &screen_table && !app_undrill(app))
		app->view.filter[0] = '\0';
}

static void common_action(struct app *app, enum action action)
{
	if (app_open_view(app, action))
		return;
	switch (action) {
	case ACT_QUIT:
		app->quit = true;
		break;
	case ACT_LEAVE:
		if (app->depth > 1)
			app_close_top(app);
		else
			app->quit = true;
		break;
	case ACT_BACK:
		back(app);
		break;
	case ACT_HELP:
		app_open(app, &screen_help);
		break;
	case ACT_LOG:
		app_open(app, &screen_log);
		break;
	case ACT_PICKER:
		if (app->options->drop && app->session)
			app_say(app, ROLE_STATUS,
				"privileges are given up (--drop): start goroutop anew for "
				"another");
		else
			app_open(app, &screen_picker);
		break;
	case ACT_PAUSE:
		toggle_pause(app);
		break;
	case ACT_FASTER:
	case ACT_SLOWER:
		change_delay(app, action == ACT_FASTER);
		break;
	case ACT_SYSTEM:
		app->view.system = !app->view.system;
		break;
	case ACT_SNAPSHOT:
		app->snapshot = app->picture != NULL;
		app->snapshot_at = app->refreshes;
		break;
	default:
		break;
	}
}

void app_action(struct app *app, enum action action)
{
	const struct screen *screen = app_screen(app);
	enum reaction reaction = REACT_IGNORED;

	app->dirty = true;
	if (screen->act)
		reaction = screen->act(app, action);
	if (reaction == REACT_CLOSE && app_screen(app) == screen && app->depth > 1)
		app_close_top(app);
	else if (reaction == REACT_IGNORED)
		common_action(app, action);
}

static void point(struct app *app, const struct event *e)
{
	const struct screen *screen = app_screen(app);
	enum action action = bar_action_at(app, e);

	app->dirty = true;
	if (e->pointer == POINTER_PRESS && action != ACT_NONE)
		app_action(app, action);
	else if (screen->point)
		screen->point(app, e, &app->body);
}

void app_event(struct app *app, const struct event *e)
{
	if (app->prompt.kind && prompt_key(app, e)) {
		app->dirty = true;
		return;
	}
	if (e->code == K_POINTER)
		point(app, e);
	else if (e->code == K_CTRL('l'))
		terminal_redraw(), app->dirty = true;
	else if (key_action(e->code, app_screen(app)->where) != ACT_NONE)
		app_action(app, key_action(e->code, app_screen(app)->where));
}
