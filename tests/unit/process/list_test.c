// SPDX-License-Identifier: GPL-2.0-or-later
#include "child.h"

#include <stdio.h>
#include <string.h>

#include "process/list.h"
#include "process/process.h"

static const struct process_entry *find(const process_entries *l, pid_t pid)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].pid == pid)
			return &l->v[i];
	return NULL;
}

static void take_a_name(struct child *self, void *arg)
{
	(void)self;
	if (!become_nobody())
		_exit(96);
	prctl(PR_SET_DUMPABLE, 0); /* whose files belong to root, but not the process */
	prctl(PR_SET_NAME, arg);
}

static void the_living_are_listed(void **state)
{
	process_entries l = {0};
	struct process *self;
	struct err err;

	(void)state;
	assert_int_equal(process_list(&l), 0);
	assert_non_null(find(&l, getpid()));
	assert_string_equal(find(&l, getpid())->comm, "list_test");
	assert_non_null(strstr(find(&l, getpid())->command, "list_test"));
	assert_int_equal(find(&l, getpid())->uid, geteuid());
	assert_int_equal(process_open(&self, getpid(), &err), 0);
	assert_int_equal(find(&l, getpid())->start_time, self->start_time);
	for (size_t i = 1; i < l.n; i++)
		assert_true(l.v[i - 1].pid < l.v[i].pid);
	assert_null(find(&l, 2)); /* kthreadd, or nothing */
	process_close(self);
	vec_free(&l);
}

static void names_and_owners_are_told_truly(void **state)
{
	process_entries l = {0};
	const struct process_entry *e;
	struct child c;

	(void)state;
	need_root();
	c = child_start(take_a_name, "a) Z 1\n\033c");
	assert_int_equal(process_list(&l), 0);
	e = find(&l, c.pid);
	assert_non_null(e);
	assert_int_equal(e->uid, NOBODY);
	assert_non_null(strstr(e->comm, "a) Z 1"));
	assert_null(strpbrk(e->comm, "\n\033"));
	assert_int_equal(e->threads, 1);
	vec_free(&l);
	child_end(&c);
}

static void the_dead_are_not_listed(void **state)
{
	struct child c = child_start(NULL, NULL);
	process_entries l = {0};
	siginfo_t info;

	(void)state;
	child_kill(&c);
	assert_int_equal(waitid(P_PID, (id_t)c.pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(process_list(&l), 0);
	assert_null(find(&l, c.pid));
	child_wait(&c);
	vec_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_living_are_listed),
		cmocka_unit_test(names_and_owners_are_told_truly),
		cmocka_unit_test(the_dead_are_not_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
