/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `-- COMMAND`: starts a Go executable and holds it before its exec until the probes are on its
 * inode, so that its first goroutine is seen.
 */
#ifndef GOROUTOP_SOURCE_COMMAND_H
#define GOROUTOP_SOURCE_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct command_options {
	bool batch; /* keeps our standard streams and process group; else a session of its own,
			   * /dev/null as input, output to a file */
	bool kill;  /* command_close ends it: SIGTERM, after 5 s SIGKILL */
	const char *user; /* run as that user; NULL: as ours */
};

struct command;

/*
 * Finds argv[0] (by PATH, as the shell does), checks that it is a Go executable itself (EXIT_TARGET:
 * "start it, then attach by PID" for scripts and wrappers) and forks a child that waits.
 */
int command_start(struct command **ret, char *const argv[], const struct command_options *options,
		  struct err *err);

pid_t command_pid(const struct command *c);
const char *command_exe(const struct command *c);    /* resolved path of the executable */
const char *command_output(const struct command *c); /* file of its output; NULL in batch mode */

/* Lets it exec. Called when the probes are on; fails when exec failed, with the reason. */
int command_release(struct command *c, struct err *err);

/* Whether it has ended; *status as a shell gives it (128+N for a signal). Never blocks. */
bool command_ended(struct command *c, int *status);

/*
 * Kills it if it was never released, or if `kill` says so; otherwise leaves it running. A session may
 * be at work on it still: that holds a reference of its own, and its command_release fails then.
 */
void command_close(struct command *c);
struct command *command_ref(struct command *c); /* c may be NULL */
void command_unref(struct command *c);

#endif
