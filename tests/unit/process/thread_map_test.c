// SPDX-License-Identifier: GPL-2.0-or-later
#include "child.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "process/process.h"

static void in_one_namespace_ids_stay(void **state)
{
	struct process *p;
	struct thread_map *m;
	struct err err;

	(void)state;
	assert_int_equal(process_open(&p, getpid(), &err), 0);
	m = thread_map_new(p);
	assert_int_equal(thread_map_get(m, 12345), 12345); /* not looked up: nothing to translate */
	assert_int_equal(thread_map_get(m, 0), 0);
	assert_int_equal(thread_map_get(m, 1ull << 32), 0);
	assert_int_equal(thread_map_get(m, UINT64_MAX), 0);
	thread_map_free(m);
	process_close(p);
}

/* ---- a process in a namespace of its own ------------------------------------------------------ */

struct report {
	pid_t outer; /* of the process, by /proc/self of the outer /proc */
	pid_t inner_thread;
};

static void *report_thread(void *arg)
{
	__atomic_store_n((pid_t *)arg, (pid_t)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	pause();
	return NULL;
}

static pid_t new_thread(void)
{
	static pid_t tid;
	pthread_t thread;

	tid = 0;
	if (pthread_create(&thread, NULL, report_thread, &tid))
		_exit(95);
	while (!__atomic_load_n(&tid, __ATOMIC_SEQ_CST))
		usleep(1000);
	return tid;
}

/* First of its namespace: tells its numbers, then makes a second thread when told. */
static void inner(struct child *self)
{
	struct report r = {.inner_thread = new_thread()};
	char link[32] = "";

	if (readlink("/proc/self", link, sizeof(link) - 1) < 1)
		_exit(94);
	r.outer = atoi(link);
	if (write(self->tell, &r, sizeof(r)) != sizeof(r))
		_exit(93);
	child_await(self);
	r.inner_thread = new_thread();
	if (write(self->tell, &r, sizeof(r)) != sizeof(r))
		_exit(92);
	child_await(self);
}

static void in_new_namespace(struct child *self, void *arg)
{
	pid_t pid;

	(void)arg;
	child_say(self);
	if (unshare(CLONE_NEWPID))
		_exit(91);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		inner(self);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	_exit(0);
}

static void the_targets_ids_are_translated(void **state)
{
	struct report one, two;
	struct process *p;
	struct thread_map *m;
	struct err err;
	struct child c;
	pid_t outer;

	(void)state;
	need_root();
	c = child_start(in_new_namespace, NULL);
	assert_int_equal(read(c.hear, &one, sizeof(one)), sizeof(one));
	assert_int_equal(process_open(&p, one.outer, &err), 0);
	assert_false(p->same_pidns);
	assert_int_equal(p->call_pid, one.outer);
	m = thread_map_new(p);

	assert_int_equal(thread_map_get(m, 1), one.outer); /* the first of its namespace */
	outer = thread_map_get(m, (uint64_t)one.inner_thread);
	assert_true(outer > 0 && outer != one.outer && outer != one.inner_thread);
	assert_int_equal(syscall(SYS_tgkill, one.outer, outer, 0), 0);
	assert_int_equal(thread_map_get(m, 4000), 0);

	/* A thread that came later is found, if not at once. */
	child_say(&c);
	assert_int_equal(read(c.hear, &two, sizeof(two)), sizeof(two));
	usleep(60000);
	outer = thread_map_get(m, (uint64_t)two.inner_thread);
	assert_int_equal(syscall(SYS_tgkill, one.outer, outer, 0), 0);
	thread_map_free(m);
	process_close(p);
	child_end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_one_namespace_ids_stay),
		cmocka_unit_test(the_targets_ids_are_translated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
