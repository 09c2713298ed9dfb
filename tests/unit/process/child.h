/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Children for the tests of process/: they do one thing, then wait until they are ended. */
#ifndef GOROUTOP_TESTS_CHILD_H
#define GOROUTOP_TESTS_CHILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
	pid_t pid;
	int tell; /* to the child */
	int hear; /* from it */
};

/* What a child does before it says that it is ready; it may exec instead of returning. */
typedef void (*child_fn)(struct child *self, void *arg);

static inline void child_say(struct child *self)
{
	if (write(self->tell, "x", 1) != 1)
		_exit(99);
}

static inline void child_await(struct child *self)
{
	char c;

	if (read(self->hear, &c, 1) != 1)
		_exit(98);
}

/* The same on the parent's side: a child that ended early fails the test. */
static inline void parent_await(struct child *c)
{
	char byte;

	assert_int_equal(read(c->hear, &byte, 1), 1);
}

/* Forks; fn runs in the child, then it says "ready" and waits for child_end. */
static inline struct child child_start(child_fn fn, void *arg)
{
	int down[2], up[2];
	struct child c;

	assert_int_equal(pipe(down), 0);
	assert_int_equal(pipe(up), 0);
	c.pid = fork();
	assert_true(c.pid >= 0);
	if (!c.pid) {
		struct child self = {getpid(), up[1], down[0]};

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(down[1]);
		close(up[0]);
		if (fn)
			fn(&self, arg);
		child_say(&self);
		child_await(&self);
		_exit(0);
	}
	close(down[0]);
	close(up[1]);
	c.tell = down[1];
	c.hear = up[0];
	parent_await(&c);
	return c;
}

static inline void child_kill(struct child *c)
{
	assert_int_equal(kill(c->pid, SIGKILL), 0);
}

static inline int child_wait(struct child *c)
{
	int status;

	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	close(c->tell);
	close(c->hear);
	return status;
}

static inline void child_end(struct child *c)
{
	child_kill(c);
	child_wait(c);
}

/* Runs a check in a child of its own, where ids and capabilities may be given up; true: it held. */
static inline bool holds_in_child(bool (*check)(void *arg), void *arg)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(check(arg) ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

enum { NOBODY = 65534 };

static inline void need_root(void)
{
	if (geteuid())
		skip();
}

static inline bool become_nobody(void)
{
	return !setresgid(NOBODY, NOBODY, NOBODY) && !setresuid(NOBODY, NOBODY, NOBODY);
}

#endif
