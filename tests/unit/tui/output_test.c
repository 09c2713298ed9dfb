// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "tui/output.h"

/* A pipe, an output into it, and all that comes out of it. */
struct plumbing {
	int read_fd, write_fd, stop[2];
	struct output *out;
	unsigned delay_ms; /* before the reader begins */
	struct buf got;
};

static void set_up(struct plumbing *p)
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	memset(p, 0, sizeof(*p));
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pipe(p->stop), 0);
	fcntl(fds[1], F_SETPIPE_SZ, 4096);
	p->read_fd = fds[0];
	p->write_fd = fds[1];
	p->out = output_new(p->write_fd);
	assert_non_null(p->out);
}

static void tear_down(struct plumbing *p)
{
	if (p->read_fd >= 0)
		close(p->read_fd);
	if (p->write_fd >= 0)
		close(p->write_fd);
	close(p->stop[0]);
	close(p->stop[1]);
	output_free(p->out);
	buf_free(&p->got);
}

#define PLUMBING(p)                             \
	_cleanup_(tear_down) struct plumbing p; \
	set_up(&p)

static void *read_all(void *arg)
{
	struct plumbing *p = arg;
	char chunk[1000];
	ssize_t n;

	usleep(p->delay_ms * 1000);
	while ((n = read(p->read_fd, chunk, sizeof(chunk))) > 0)
		buf_put(&p->got, chunk, (size_t)n);
	return NULL;
}

/* Lines that tell their own number; returns the bytes given. */
static size_t give_lines(struct output *out, int n)
{
	size_t bytes = 0;

	for (int i = 0; i < n; i++) {
		char line[32];
		int len = snprintf(line, sizeof(line), "this is line %07d\n", i);

		output_give(out, line, (size_t)len);
		bytes += (size_t)len;
	}
	return bytes;
}

static int finish_with_reader(struct plumbing *p)
{
	pthread_t reader;
	int r;

	pthread_create(&reader, NULL, read_all, p);
	r = output_finish(p->out, p->stop[0]);
	close(p->write_fd);
	p->write_fd = -1;
	pthread_join(reader, NULL);
	return r;
}

static void all_that_was_given_comes_out_in_order(void **state)
{
	PLUMBING(p);
	size_t bytes = give_lines(p.out, 5000);

	(void)state;
	assert_int_equal(finish_with_reader(&p), 0);
	assert_int_equal(p.got.len, bytes);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(atoi(p.got.p + (size_t)i * 21 + 13), i);
}

static void a_reader_that_sleeps_gets_whole_lines(void **state)
{
	PLUMBING(p);
	size_t bytes = give_lines(p.out, 5000);

	(void)state;
	p.delay_ms = 1300; /* longer than the second that is granted */
	assert_int_equal(finish_with_reader(&p), 0);
	assert_true(p.got.len > 0 && p.got.len < bytes);
	assert_int_equal(p.got.p[p.got.len - 1], '\n');
	assert_int_equal(p.got.len % 21, 0);
}

static void a_second_signal_ends_the_waiting(void **state)
{
	PLUMBING(p);
	uint64_t before = clock_mono();

	(void)state;
	give_lines(p.out, 5000);
	assert_int_equal(write(p.stop[1], "x", 1), 1);
	assert_int_equal(output_finish(p.out, p.stop[0]), 0);
	assert_true(clock_mono() - before < 5 * NSEC_PER_SEC);
}

static void nobody_reading_is_told_even_when_nothing_is_to_be_written(void **state)
{
	PLUMBING(p);
	struct pollfd fds[OUTPUT_FDS];

	(void)state;
	close(p.read_fd);
	p.read_fd = -1;
	output_poll(p.out, fds);
	assert_true(poll(fds, OUTPUT_FDS, 1000) > 0);
	assert_int_equal(output_write(p.out, fds), -EPIPE);
}

static void writing_never_waits_for_the_reader(void **state)
{
	PLUMBING(p);
	struct pollfd fds[OUTPUT_FDS];
	uint64_t before = clock_mono();

	(void)state;
	give_lines(p.out, 5000);
	for (int i = 0; i < 50; i++) {
		output_poll(p.out, fds);
		poll(fds, OUTPUT_FDS, 1);
		assert_int_equal(output_write(p.out, fds), 0);
	}
	assert_true(clock_mono() - before < 10 * NSEC_PER_SEC);
}

static void *give_much(void *arg)
{
	struct plumbing *p = arg;
	static char line[1 << 20];

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\n';
	for (int i = 0; i < 20; i++)
		output_give(p->out, line, sizeof(line));
	return NULL;
}

static void who_gives_too_much_waits_until_it_is_written_or_over(void **state)
{
	PLUMBING(p);
	pthread_t giver;

	(void)state;
	pthread_create(&giver, NULL, give_much, &p);
	usleep(100 * 1000);
	assert_int_equal(pthread_tryjoin_np(giver, NULL), EBUSY);
	assert_int_equal(finish_with_reader(&p), 0);
	assert_int_equal(pthread_join(giver, NULL), 0);
	assert_true(p.got.len < 20u << 20);
	assert_int_equal(p.got.len % (1 << 20), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_was_given_comes_out_in_order),
		cmocka_unit_test(a_reader_that_sleeps_gets_whole_lines),
		cmocka_unit_test(a_second_signal_ends_the_waiting),
		cmocka_unit_test(nobody_reading_is_told_even_when_nothing_is_to_be_written),
		cmocka_unit_test(writing_never_waits_for_the_reader),
		cmocka_unit_test(who_gives_too_much_waits_until_it_is_written_or_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
