// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "tui/app.h"
#include "tui/bar.h"
#include "tui/header.h"
#include "tui/loop.h"
#include "tui/picker.h"
#include "tui/signals.h"
#include "tui/terminal.h"

enum { LEAST_HEIGHT = 10, LEAST_WIDTH = 40, DRAIN_MS = 1000 };

/* ---- drawing ---------------------------------------------------------------------------------- */

/* Divides the terminal into header, body and bar, and tells the screens. */
static void arrange(struct app *app)
{
	int height, width, header;

	terminal_size(&height, &width);
	app->whole = (struct area){0, 0, height, width};
	header = app_ground(app)->header ? header_height(app, height, width) : 0;
	app->header = (struct area){0, 0, header, width};
	app->body = (struct area){header, 0, height - header - 1, width};
	app->bar = (struct area){height - 1, 0, 1, width};
	for (size_t i = 0; i < app->depth; i++)
		if (app->stack[i]->arrange)
			app->stack[i]->arrange(app, &app->body);
}

static bool too_small(const struct app *app)
{
	return app->whole.height < LEAST_HEIGHT || app->whole.width < LEAST_WIDTH;
}

static void draw_too_small(const struct app *app)
{
	struct pen pen = pen_line(&app->whole, app->whole.height / 2);

	pen_printf(&pen, ROLE_STRONG, "too small: %dx%d, needs %dx%d", app->whole.width,
		   app->whole.height, LEAST_WIDTH, LEAST_HEIGHT);
}

static void draw(struct app *app)
{
	int cursor_y = -1, cursor_x = -1;

	terminal_begin();
	if (too_small(app)) {
		draw_too_small(app);
	} else {
		const struct screen *ground = app_ground(app);

		if (ground->header)
			header_draw(app, &app->header);
		ground->draw(app, &app->body);
		if (app_screen(app) != ground)
			app_screen(app)->draw(app, &app->body);
		if (app->prompt.kind) {
			cursor_y = app->bar.y;
			prompt_draw(&app->prompt, pen_line(&app->bar, 0), &cursor_x);
			if (app->prompt.error[0])
				prompt_draw_error(&app->prompt,
						  pen_line(&app->body, app->body.height - 1));
		} else {
			bar_draw(app);
		}
	}
	terminal_show(cursor_y, cursor_x);
}

/* ---- events ----------------------------------------------------------------------------------- */

static void end_by(struct app *app, int signal)
{
	app->quit = true;
	app->status = 128 + signal;
}

static void take_signals(struct app *app, int fd)
{
	bool resized = false;

	for (int signal; (signal = signals_next(fd));) {
		if (signal == SIGHUP)
			terminal_check();
		if (signal_ends(signal))
			end_by(app, signal);
		else if (signal == SIGTSTP)
			terminal_suspend();
		else if (signal == SIGWINCH)
			resized = true;
	}
	/* However many sizes have come by: the last one counts. */
	if (resized)
		terminal_resized();
	app->dirty = true;
}

static void take_keys(struct app *app)
{
	struct event e;

	while (!app->quit && terminal_event(&e))
		app_event(app, &e);
}

/* A target given on the command line that cannot be watched ends the program with the reason. */
static void check_failure(struct app *app)
{
	bool chosen_here = app->depth && app_is_open(app, &screen_picker);

	if (app->state != SESSION_FAILED || chosen_here || app->picture || app->picker.processes)
		return;
	app->quit = app->failed = true;
	app->status = (int)app->err.status;
}

static void check_iterations(struct app *app)
{
	if (app->options->iterations && app->refreshes >= app->options->iterations)
		app->quit = true;
}

static void wait_and_take(struct app *app, int signals)
{
	struct pollfd fds[] = {
		{.fd = terminal_fd(), .events = POLLIN},
		{.fd = signals, .events = POLLIN},
		{.fd = app->session ? session_fd(app->session) : -1, .events = POLLIN},
		{.fd = picker_fd(app), .events = POLLIN},
	};

	if (poll(fds, ARRAY_SIZE(fds), app_timeout(app)) < 0 && errno != EINTR)
		return;
	if (fds[1].revents)
		take_signals(app, signals);
	if (fds[0].revents & POLLIN)
		take_keys(app);
	/* A terminal that is gone reads as end of file for ever, and not everybody gets a SIGHUP. */
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) {
		terminal_check();
		end_by(app, SIGHUP);
	}
	if (app->session && fds[2].revents)
		app_news(app);
	if (fds[3].revents)
		picker_news(app);
	if (app->message[0] && clock_mono() >= app->message_until) {
		app->message[0] = '\0';
		app->dirty = true;
	}
}

static void run(struct app *app, int signals)
{
	while (!app->quit) {
		if (app->dirty) {
			app->dirty = false;
			arrange(app);
			app_request(app);
			draw(app);
		}
		wait_and_take(app, signals);
		check_failure(app);
		check_iterations(app);
	}
}

/* ---- beginning and end ------------------------------------------------------------------------ */

static int begin_watching(struct app *app, struct err *err)
{
	const struct options *o = app->options;
	const struct command_options co = {.kill = o->kill, .user = o->user};
	struct command *command = NULL;
	pid_t pid = 0;
	int r = 0;

	if (o->command) {
		r = command_start(&command, o->command, &co, err);
		if (r < 0)
			return r;
		pid = command_pid(command);
		log_add(LOG_INFO, "%s writes to %s", command_exe(command), command_output(command));
	} else if (o->target) {
		r = target_find(o->target, &pid, err);
	}
	if (r < 0 || !pid)
		return r;
	return app_attach(app, pid, command, err);
}

/* What fails at once is said without the screen flashing up for it. */
static bool failed_early(struct app *app)
{
	enum { PATIENCE_MS = 150 };

	if (!app->session)
		return false;
	app->state = session_wait(app->session, PATIENCE_MS, &app->err);
	return app->state == SESSION_FAILED;
}

/* Up to the end of the program; 0, or -errno when it could not begin. */
static int watch(struct app *app, struct err *err)
{
	const struct options *o = app->options;
	const struct terminal_options to = {.color = options_color(o, true),
					    .ascii = o->ascii,
					    .mouse = !o->no_mouse};
	int signals, r;

	if (o->filter && strlen(o->filter) >= sizeof(app->view.filter))
		return err_set(err, EXIT_USAGE, 0,
			       "a filter of more than %zu bytes works with --batch only",
			       sizeof(app->view.filter) - 1);
	signals = r = signals_open(err);
	if (r >= 0)
		r = begin_watching(app, err);
	if (r < 0)
		return r;
	if (failed_early(app)) {
		*err = app->err;
		return -EINVAL;
	}
	r = terminal_open(&to, err);
	if (r < 0)
		return r;
	app_only(app, app->session ? &screen_table : &screen_picker);
	if (app->session && o->grouped)
		app_open(app, &screen_groups);
	run(app, signals);
	terminal_close();
	return 0;
}

int loop_run(const struct options *options)
{
	struct app *app = app_new(options);
	struct err err = {.status = EXIT_FAILED, .text = "out of memory"};
	int r = app ? watch(app, &err) : -ENOMEM;
	int status = r < 0 ? (int)err.status : app->status;

	if (r < 0)
		fprintf(stderr, "goroutop: %s\n", err.text);
	else if (app->failed)
		fprintf(stderr, "goroutop: %s\n", app->err.text);
	if (app)
		app_free(app);
	session_drain(DRAIN_MS);
	return status;
}
