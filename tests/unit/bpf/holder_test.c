// SPDX-License-Identifier: GPL-2.0-or-later
/* The process that holds probes: it ends when it is told to or we die, and in no other way. */
#include "harness.h"
#include "tests/unit/process/child.h"

#include <fcntl.h>
#include <poll.h>

#include "bpf/tracer_internal.h"

static const int patience_ms = 30000;

/* Whether nobody has the other end open any more, or has not within a while. */
static bool is_closed(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, ms) == 1 && p.revents & POLLHUP;
}

/* Opens the pipe's other end, by name: one that only the holder has. */
static int open_its_end(struct holder_fds *fds, void *read_end)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", *(int *)read_end);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	fds->fd[fds->n++] = fd;
	return 0;
}

static int refuse(struct holder_fds *fds, void *arg)
{
	int r = open_its_end(fds, arg);

	return r ? r : -EXDEV;
}

static struct holder hold(int ends[2])
{
	struct holder h;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(holder_start(&h, open_its_end, &ends[0], NULL), 0);
	close(ends[1]);
	assert_true(holder_alive(&h));
	assert_false(is_closed(ends[0], 0));
	return h;
}

static void what_it_holds_is_closed_when_it_has_ended(void **state)
{
	int ends[2];
	struct holder h = hold(ends);

	(void)state;
	holder_end(&h);
	assert_true(is_closed(ends[0], 0));
	assert_false(holder_alive(&h));
	holder_end(&h); /* twice is once */
	close(ends[0]);
}

static void it_can_be_ended_without_waiting(void **state)
{
	int ends[2];
	struct holder h = hold(ends);

	(void)state;
	holder_kill(&h);
	assert_true(is_closed(ends[0], patience_ms));
	holder_end(&h);
	close(ends[0]);
}

static void what_has_ended_is_reaped_in_passing(void **state)
{
	uint64_t until = clock_mono() + patience_ms * NSEC_PER_MSEC;
	int ends[2];
	struct holder h = hold(ends);

	(void)state;
	holder_reap(&h);
	assert_true(holder_alive(&h));
	holder_kill(&h);
	while (h.pid && clock_mono() < until) {
		holder_reap(&h);
		usleep(1000);
	}
	assert_int_equal(h.pid, 0);
	holder_reap(&h);
	holder_end(&h);
	close(ends[0]);
}

static void what_fails_in_it_is_told_and_leaves_nothing_open(void **state)
{
	struct holder h;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(holder_start(&h, refuse, &ends[0], NULL), -EXDEV);
	assert_false(holder_alive(&h));
	close(ends[1]);
	assert_true(is_closed(ends[0], 0));
	close(ends[0]);
}

static void it_keeps_nothing_else_open(void **state)
{
	int others[2], ends[2];
	struct holder h;

	(void)state;
	assert_int_equal(pipe2(others, O_CLOEXEC), 0);
	h = hold(ends);
	close(others[1]);
	assert_true(is_closed(others[0], 0));
	close(others[0]);
	holder_end(&h);
	close(ends[0]);
}

static void signals_do_not_end_it(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGUSR1, SIGCHLD};
	int ends[2];
	struct holder h = hold(ends);

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		assert_int_equal(kill(h.pid, signals[i]), 0);
	assert_false(is_closed(ends[0], 100));
	assert_true(holder_alive(&h));
	holder_end(&h);
	close(ends[0]);
}

static pid_t settled;

static void settle(void)
{
	settled = getpid();
}

static void it_settles_once_it_has_what_it_holds(void **state)
{
	struct holder h;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(holder_start(&h, open_its_end, &ends[0], settle), 0);
	assert_int_equal(settled, h.pid);
	assert_int_not_equal(settled, getpid());
	holder_end(&h);
	close(ends[0]);
	close(ends[1]);
}

static void hold_in_a_child(struct child *self, void *read_end)
{
	struct holder h;

	(void)self;
	if (holder_start(&h, open_its_end, read_end, NULL))
		_exit(90);
}

static void it_ends_with_us(void **state)
{
	struct child owner;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	owner = child_start(hold_in_a_child, &ends[0]);
	close(ends[1]);
	assert_false(is_closed(ends[0], 100));
	child_end(&owner);
	assert_true(is_closed(ends[0], patience_ms));
	close(ends[0]);
}

static void its_death_is_seen(void **state)
{
	int ends[2];
	struct holder h = hold(ends);
	uint64_t until = clock_mono() + patience_ms * NSEC_PER_MSEC;

	(void)state;
	kill(h.pid, SIGKILL);
	while (holder_alive(&h) && clock_mono() < until)
		usleep(1000);
	assert_false(holder_alive(&h));
	holder_end(&h);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_holds_is_closed_when_it_has_ended),
		cmocka_unit_test(it_can_be_ended_without_waiting),
		cmocka_unit_test(what_has_ended_is_reaped_in_passing),
		cmocka_unit_test(what_fails_in_it_is_told_and_leaves_nothing_open),
		cmocka_unit_test(it_keeps_nothing_else_open),
		cmocka_unit_test(signals_do_not_end_it),
		cmocka_unit_test(it_settles_once_it_has_what_it_holds),
		cmocka_unit_test(it_ends_with_us),
		cmocka_unit_test(its_death_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
