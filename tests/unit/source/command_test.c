// SPDX-License-Identifier: GPL-2.0-or-later
/* A command that is held before its exec, by the two threads that may decide about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/command.h"
#include "tests/unit/golang/mini_go.h"

static void write_program(const char *path, int fd)
{
	struct mini_go *m = mini_go_new();

	assert_int_equal(write(fd, m->file, sizeof(m->file)), sizeof(m->file));
	assert_int_equal(fchmod(fd, 0700), 0);
	assert_int_equal(access(path, X_OK), 0);
	close(fd);
	free(m);
}

static struct command *start(void)
{
	const struct command_options options = {.batch = true};
	char path[] = "/tmp/command-test-XXXXXX";
	char *const argv[] = {path, NULL};
	struct command *c = NULL;
	struct err err = {0};
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	write_program(path, fd);
	r = command_start(&c, argv, &options, &err);
	unlink(path);
	if (r)
		fail_msg("%s", err.text);
	return c;
}

/* Who quits does not wait for the session, which may be just about to release. */
static void one_that_is_closed_is_not_released_any_more(void **state)
{
	struct command *c = start(), *session = command_ref(c);
	pid_t pid = command_pid(c);
	struct err err = {0};

	(void)state;
	command_close(c);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(command_release(session, &err), -ECANCELED);
	assert_int_equal(command_pid(session), pid);
	assert_non_null(strstr(err.text, "command-test"));
	command_unref(session);
}

/* The file is gone by then: what exec says comes back. */
static void an_exec_that_fails_is_told(void **state)
{
	struct command *c = start();
	struct err err = {0};
	int status;

	(void)state;
	assert_int_equal(command_release(c, &err), -ENOENT);
	assert_int_equal(err.status, EXIT_TARGET);
	assert_non_null(strstr(err.text, "could not be started"));
	assert_non_null(strstr(err.text, strerror(ENOENT)));
	for (int i = 0; i < 1000 && !command_ended(c, &status); i++)
		usleep(10000);
	assert_true(command_ended(c, &status));
	assert_int_equal(status, 127);
	command_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_is_closed_is_not_released_any_more),
		cmocka_unit_test(an_exec_that_fails_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
