// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "process/thread.h"
#include "tests/unit/skip.h"

static struct process *self(void)
{
	struct process *p;
	struct err err;

	assert_int_equal(process_open(&p, getpid(), &err), 0);
	return p;
}

static int stop;
static pid_t spinner;

__attribute__((noinline)) static void spin_here(void)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		;
}

static void *spin(void *arg)
{
	(void)arg;
	__atomic_store_n(&spinner, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	spin_here();
	return NULL;
}

static void *sleep_well(void *arg)
{
	(void)arg;
	__atomic_store_n(&spinner, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		usleep(20000);
	return NULL;
}

static pthread_t start(void *(*fn)(void *))
{
	pthread_t thread;

	__atomic_store_n(&stop, 0, __ATOMIC_RELAXED);
	spinner = 0;
	assert_int_equal(pthread_create(&thread, NULL, fn, NULL), 0);
	while (!__atomic_load_n(&spinner, __ATOMIC_ACQUIRE))
		usleep(1000);
	return thread;
}

static void a_thread_that_computes_is_running_and_one_that_sleeps_is_not(void **state)
{
	struct process *p = self();
	pthread_t thread = start(spin);
	int tries = 0;

	(void)state;
	assert_int_equal(process_thread_state(p, spinner), 'R');
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	thread = start(sleep_well);
	while (process_thread_state(p, spinner) != 'S' && tries++ < 1000)
		usleep(1000);
	assert_int_equal(process_thread_state(p, spinner), 'S');
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	process_close(p);
}

static void of_no_thread_nothing_is_said(void **state)
{
	struct process *p = self();

	(void)state;
	assert_int_equal(process_thread_state(p, 1 << 22), 0);
	assert_int_equal(process_thread_state(p, 1), 0);
	process_close(p);
}

/* Skips where the kernel gives nobody like us a clock of what executes: on that thread or CPU. */
static void need_clock(pid_t tid, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.size = PERF_ATTR_SIZE_VER5,
		.disabled = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	char why[100];

	snprintf(why, sizeof(why), "perf_event_open: %s", strerror(errno));
	if (fd < 0)
		skip_for("perf", why);
	close(fd);
}

static void watch_spinner(struct thread_sampler *s)
{
	pthread_t thread = start(spin);
	pid_t tids[2] = {spinner, 1 << 22};
	uint64_t pcs[2] = {0, 7}, from = (uint64_t)(uintptr_t)spin_here;

	for (int tries = 0; !pcs[0] && tries < 100; tries++)
		process_thread_pcs(s, tids, 2, 10, pcs);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	thread_sampler_close(s);
	assert_in_range(pcs[0], from, from + 64);
	assert_int_equal(pcs[1], 0);
}

static void a_sample_lies_in_the_function_that_executes(void **state)
{
	(void)state;
	need_clock(0, -1);
	watch_spinner(NULL);
}

static void so_does_one_of_all_cpus(void **state)
{
	struct thread_sampler *s;

	(void)state;
	need_clock(-1, 0);
	s = thread_sampler_open();
	assert_non_null(s);
	watch_spinner(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_that_computes_is_running_and_one_that_sleeps_is_not),
		cmocka_unit_test(of_no_thread_nothing_is_said),
		cmocka_unit_test(a_sample_lies_in_the_function_that_executes),
		cmocka_unit_test(so_does_one_of_all_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
