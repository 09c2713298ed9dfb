// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "format/format.h"
#include "source/command.h"
#include "source/session.h"
#include "source/targets.h"
#include "tui/batch.h"
#include "tui/event_lines.h"
#include "tui/output.h"
#include "tui/replace.h"
#include "tui/signals.h"

enum { DRAIN_MS = 2000, REAP_MS = 1000 };

struct batch {
	const struct options *options;
	const struct format *format;
	struct command *command; /* NULL: none */
	struct session *session;
	struct output *out;
	struct event_lines *events; /* NULL: pictures are written */
	int done_fd;		    /* readable when as many refreshes as asked for were written */

	/* The collector's thread alone, until done_fd is readable. */
	struct format_options format_options;
	uint64_t refreshes;
	struct buf text;
	bool replaces;	/* each refresh replaces options->output */
	struct err err; /* why watching makes no sense, text "" when it does */
	bool done;
};

/* ---- on the collector's thread ---------------------------------------------------------------- */

static void finish_output(struct batch *b)
{
	uint64_t one = 1;
	ssize_t ignored = write(b->done_fd, &one, sizeof(one));

	(void)ignored;
	b->done = true;
}

/* The first picture tells whether there are transitions to print. */
static void take_events_picture(struct batch *b, const struct picture *p)
{
	if (!p->source.probe.present) {
		err_set(&b->err, EXIT_PERMISSION, EPERM, "%s; -F %s needs probes",
			p->source.why[0] ? p->source.why : "no probes", b->format->name);
		finish_output(b);
		return;
	}
	event_lines_begin(b->events, p->context.names);
}

static void stop(struct batch *b, int status, int errnum, const char *what, const char *why)
{
	err_set(&b->err, status, errnum, "%s: %s", what, why);
	finish_output(b);
}

/* To the output; a snapshot in the place of the file that the last one made. */
static void write_picture(struct batch *b, const struct picture *p)
{
	int r = 0;

	if (b->format->needs_stacks && !strcmp(p->source.mode, "probe")) {
		stop(b, EXIT_PERMISSION, EACCES, "stacks are read from memory", p->source.why);
		return;
	}
	buf_clear(&b->text);
	b->format->picture(&b->text, p, &b->format_options);
	if (b->text.failed)
		r = -ENOMEM;
	else if (b->replaces)
		r = replace_file(b->options->output, buf_str(&b->text), b->text.len);
	else
		output_give(b->out, buf_str(&b->text), b->text.len);
	if (r)
		stop(b, EXIT_FAILED, -r, "the output could not be written", strerror(-r));
}

static void on_picture(void *ctx, const struct picture *p)
{
	struct batch *b = ctx;

	if (b->done)
		return;
	if (b->events) {
		take_events_picture(b, p);
		/* -n counts intervals: the first picture only begins the first of them. */
		if (!p->has_interval)
			return;
	} else {
		write_picture(b, p);
	}
	if (b->done)
		return;
	if (++b->refreshes == b->options->iterations)
		finish_output(b);
}

/* ---- beginning -------------------------------------------------------------------------------- */

static int terminal_width(int fd)
{
	struct winsize size;

	if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col;
}

bool batch_replaces(const struct options *o)
{
	return o->output && o->format && !o->format->streams && replace_is_for(o->output);
}

static void set_up_format(struct batch *b, int fd)
{
	const struct options *o = b->options;

	setlocale(LC_CTYPE, "");
	b->format = o->format ? o->format : format_by_name("table");
	b->replaces = batch_replaces(o);
	b->format_options = (struct format_options){
		.columns = o->columns,
		.n_columns = o->n_columns,
		.width = terminal_width(fd),
		.color = options_color(o, isatty(fd)),
		.ascii = o->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0,
		.sort = o->sort,
		.header = true,
	};
}

static int find_target(struct batch *b, pid_t *pid, struct err *err)
{
	const struct options *o = b->options;
	const struct command_options co = {.batch = true, .kill = o->kill, .user = o->user};
	int r;

	if (!o->command)
		return target_find(o->target, pid, err);
	r = command_start(&b->command, o->command, &co, err);
	if (r == 0)
		*pid = command_pid(b->command);
	return r;
}

static int begin(struct batch *b, struct err *err)
{
	const struct options *o = b->options;
	struct session_options so = {
		.mode = o->mode,
		.delay = o->delay,
		.max_goroutines = o->max_goroutines,
		.radar = o->radar,
		.no_waker = o->no_waker,
		.max_overhead = o->max_overhead,
		.drop = o->drop,
		.syscalls = o->syscalls,
		.on_picture = on_picture,
		.ctx = b,
	};
	const struct request request = {
		.sort = o->sort,
		.system = o->all,
		.ascii = b->format_options.ascii,
		.count = o->grouped || b->format->needs_events ? 0 : SIZE_MAX,
		.waits = b->format->needs_waits && !o->grouped,
		.stacks = b->format->needs_stacks ? STACKS_ALL : STACKS_NONE,
		.view = o->grouped ? VIEW_GROUPS : VIEW_GOROUTINES,
		.groups = {.by = o->group_by, .dir = SORT_DESC, .count = SIZE_MAX}};
	int r = find_target(b, &so.pid, err);

	if (r < 0)
		return r;
	so.command = b->command;
	if (b->format->needs_events) {
		/* Watching from memory alone is no second best here: it is said once, as the error. */
		log_to_stderr(LOG_ERROR);
		b->events = event_lines_new(b->out, so.pid, o->filter, err);
		if (!b->events)
			return -EINVAL;
		so.events = event_lines_sink(b->events);
	}
	return session_start(&b->session, &so, &request, b->events ? NULL : o->filter, err);
}

/* ---- until it is over ------------------------------------------------------------------------- */

enum { GO_ON = -1 };

static int say(const struct err *err)
{
	fprintf(stderr, "goroutop: %s\n", err->text);
	return (int)err->status;
}

/* The command's own status, once it is there to be had. */
static int command_status(struct batch *b)
{
	int status = EXIT_DONE;

	for (int ms = 0; b->command && ms < REAP_MS; ms += 10) {
		if (command_ended(b->command, &status))
			return status;
		poll(NULL, 0, 10);
	}
	return EXIT_DONE;
}

static int check_session(struct batch *b)
{
	struct err err;

	/* Takes what made it readable; there are no pictures here. */
	picture_free(session_picture(b->session));
	switch (session_state(b->session, &err)) {
	case SESSION_FAILED:
		say(&err);
		/* It was quicker than we, which is no failure of its. */
		if (b->command && err.errnum == ESRCH)
			return command_status(b);
		return (int)err.status;
	case SESSION_ENDED:
		if (err.text[0])
			say(&err);
		return command_status(b);
	default:
		return GO_ON;
	}
}

static int check_signals(int fd)
{
	for (int signal; (signal = signals_next(fd));) {
		if (signal == SIGTSTP)
			raise(SIGSTOP);
		else if (signal_ends(signal))
			return 128 + signal;
	}
	return GO_ON;
}

static int watch(struct batch *b, int signals)
{
	int status = GO_ON;

	while (status == GO_ON) {
		struct pollfd fds[OUTPUT_FDS + 3];
		int r;

		output_poll(b->out, fds);
		fds[OUTPUT_FDS] = (struct pollfd){.fd = signals, .events = POLLIN};
		fds[OUTPUT_FDS + 1] =
			(struct pollfd){.fd = session_fd(b->session), .events = POLLIN};
		fds[OUTPUT_FDS + 2] = (struct pollfd){.fd = b->done_fd, .events = POLLIN};
		poll(fds, ARRAY_SIZE(fds), -1);
		r = output_write(b->out, fds);
		if (r < 0)
			return output_failed(r);
		if (fds[OUTPUT_FDS].revents)
			status = check_signals(signals);
		if (status == GO_ON && fds[OUTPUT_FDS + 2].revents)
			status = b->err.text[0] ? say(&b->err) : EXIT_DONE;
		if (status == GO_ON && fds[OUTPUT_FDS + 1].revents)
			status = check_session(b);
	}
	return status;
}

int batch_run(const struct options *options, int fd)
{
	struct batch b = {.options = options};
	struct err err = {.status = EXIT_FAILED, .text = "out of memory"};
	int signals = signals_open(&err), status, r;

	b.out = output_new(fd);
	b.done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	set_up_format(&b, fd);
	r = signals < 0 || !b.out || b.done_fd < 0 ? -1 : begin(&b, &err);
	status = r < 0 ? say(&err) : watch(&b, signals);
	if (r >= 0) {
		r = output_finish(b.out, signals);
		if (r < 0 && status == EXIT_DONE)
			status = output_failed(r);
	}
	if (b.session)
		session_close(b.session);
	if (b.command)
		command_close(b.command);
	session_drain(DRAIN_MS);
	return status;
}
