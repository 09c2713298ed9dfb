// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "source/program.h"
#include "tui/batch.h"
#include "tui/doctor.h"
#include "tui/list.h"
#include "tui/loop.h"
#include "tui/options.h"
#include "tui/output.h"
#include "tui/usage.h"

static int usage_error(const struct err *err)
{
	fprintf(stderr, "goroutop: %s; try goroutop --help\n", err->text);
	return EXIT_USAGE;
}

static int no_target(void)
{
	fputs("goroutop: no TARGET, and no terminal to choose one on; try goroutop --help\n",
	      stderr);
	usage_line(stderr);
	return EXIT_USAGE;
}

static int binary_on_a_terminal(const struct options *o)
{
	fprintf(stderr, "goroutop: -F %s is binary: use -o FILE or a pipe\n", o->format->name);
	return EXIT_USAGE;
}

/*
 * Before the privileges are set aside: whoever may write it as the user who called us, may. What is
 * there already stays: it may be the log of last night.
 */
static int open_output(const char *path)
{
	int fd = STDOUT_FILENO;

	if (path)
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		fprintf(stderr, "goroutop: %s: %s\n", path, strerror(errno));
	return fd;
}

static int run(const struct options *o)
{
	bool batch = o->batch || o->format || o->output || !isatty(STDOUT_FILENO);
	int fd = STDOUT_FILENO;

	if (batch && !o->list && !o->doctor) {
		if (!o->target && !o->command)
			return no_target();
		if (o->format && o->format->binary && !o->output && isatty(fd))
			return binary_on_a_terminal(o);
		fd = batch_replaces(o) ? STDOUT_FILENO : open_output(o->output);
		if (fd < 0)
			return EXIT_FAILED;
	}
	program_begin();
	if (o->doctor)
		return doctor_run(o);
	if (o->list)
		return list_run(o);
	return batch ? batch_run(o, fd) : loop_run(o);
}

int main(int argc, char **argv)
{
	struct options options;
	struct err err;
	int status;

	if (options_parse(&options, argc, argv, &err) < 0)
		return usage_error(&err);
	if (options.help) {
		usage_help(stdout);
		return output_flushed(EXIT_DONE);
	}
	if (options.version) {
		puts("goroutop " GOROUTOP_VERSION);
		return output_flushed(EXIT_DONE);
	}
	status = run(&options);
	fflush(NULL);
	/* Not exit: what may still wait for the target or for the kernel is left behind. */
	_exit(status);
}
