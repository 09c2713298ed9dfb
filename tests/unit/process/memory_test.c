// SPDX-License-Identifier: GPL-2.0-or-later
#include "child.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "process/memory.h"

/* ---- an image --------------------------------------------------------------------------------- */

static void an_image_reads_as_its_pieces(void **state)
{
	const struct memory_piece pieces[] = {{0x1000, "abcd", 4},
					      {0x1004, "efgh", 4},
					      {0x9000, "z", 1}};
	struct memory *m = memory_image_new(pieces, 3);
	char buf[16] = "";

	(void)state;
	assert_int_equal(memory_read(m, 0x1001, buf, 2), 2);
	assert_memory_equal(buf, "bc", 2);
	/* across the seam, and up to where nothing is mapped */
	assert_int_equal(memory_read(m, 0x1002, buf, 16), 6);
	assert_memory_equal(buf, "cdefgh", 6);
	assert_int_equal(memory_read(m, 0x1008, buf, 1), 0);
	assert_int_equal(memory_read(m, 0x0fff, buf, 4), 0);
	assert_int_equal(memory_read(m, 0x9000, buf, 4), 1);
	assert_int_equal(memory_read_all(m, 0x1000, buf, 8), 0);
	assert_int_equal(memory_read_all(m, 0x1000, buf, 9), -EFAULT);
	memory_close(m);
}

static void an_image_ends_with_the_addresses(void **state)
{
	const struct memory_piece pieces[] = {{UINT64_MAX - 3, "abcd", 4}, {0, "0123", 4}};
	struct memory *m = memory_image_new(pieces, 2);
	char buf[16];

	(void)state;
	assert_int_equal(memory_read(m, UINT64_MAX - 1, buf, 8), 2);
	assert_memory_equal(buf, "cd", 2);
	memory_close(m);
}

/* ---- a process -------------------------------------------------------------------------------- */

struct live {
	struct child c;
	struct process *p;
	struct memory *m;
};

static struct live live_start(child_fn fn, void *arg)
{
	struct live l = {.c = child_start(fn, arg)};
	struct err err = {0};

	if (!process_open(&l.p, l.c.pid, &err) && !memory_open(&l.m, l.p, &err))
		return l;
	if (strstr(err.text, "ptrace_scope=3"))
		skip(); /* not even root may, here */
	fail_msg("%s", err.text);
	return l;
}

static void live_end(struct live *l)
{
	memory_close(l->m);
	process_close(l->p);
	child_end(&l->c);
}

static char *two_pages;

static void write_two_pages(struct child *self, void *arg)
{
	long page = sysconf(_SC_PAGESIZE);

	(void)self;
	(void)arg;
	memset(two_pages, 'A', (size_t)page);
	memset(two_pages + page, 'B', (size_t)page);
	munmap(two_pages + 2 * page, (size_t)page);
}

static void a_process_is_read_up_to_the_hole(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *buf = malloc(3 * page);
	struct live l;
	uint64_t at;

	(void)state;
	two_pages =
		mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(two_pages, MAP_FAILED);
	l = live_start(write_two_pages, NULL);
	at = (uintptr_t)two_pages;
	assert_int_equal(memory_read(l.m, at, buf, 2 * page), 2 * page);
	assert_int_equal(buf[page - 1], 'A');
	assert_int_equal(buf[page], 'B');
	assert_int_equal(memory_read(l.m, at + page + 7, buf, 2 * page), page - 7);
	assert_int_equal(memory_read(l.m, at + 2 * page, buf, 1), 0);
	assert_int_equal(memory_read_all(l.m, at + page, buf, page + 1), -EFAULT);
	assert_int_equal(memory_read(l.m, at, buf, 0), 0);
	/* ours is untouched: it really was the child's */
	assert_int_equal(two_pages[0], 0);
	live_end(&l);
	munmap(two_pages, 3 * page);
	free(buf);
}

static void wild_addresses_read_as_unmapped(void **state)
{
	static const uint64_t wild[] = {0,
					1,
					0xfff,
					0x7fffffffffffffffull,
					0x8000000000000000ull,
					0xffff888000000000ull,
					UINT64_MAX - 15,
					UINT64_MAX};
	struct live l = live_start(NULL, NULL);
	char buf[16];

	(void)state;
	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++)
		assert_int_equal(memory_read(l.m, wild[i], buf, sizeof(buf)), 0);
	live_end(&l);
}

static void after_the_end_there_is_no_process(void **state)
{
	struct live l = live_start(NULL, NULL);
	char c;

	(void)state;
	assert_int_equal(memory_read(l.m, (uintptr_t)&l, &c, 1), 1);
	child_kill(&l.c);
	child_wait(&l.c);
	assert_int_equal(memory_read(l.m, (uintptr_t)&l, &c, 1), -ESRCH);
	memory_close(l.m);
	process_close(l.p);
}

static void exec_when_told(struct child *self, void *arg)
{
	(void)arg;
	child_say(self);
	child_await(self);
	dup2(self->hear, 0);
	dup2(self->tell, 1);
	execl("/bin/sh", "sh", "-c", "echo; read x", NULL);
	_exit(97);
}

static void after_an_exec_it_is_another(void **state)
{
	struct live l = live_start(exec_when_told, NULL);
	struct memory *again = NULL;
	struct err err;
	char c;

	(void)state;
	assert_int_equal(memory_read(l.m, (uintptr_t)&l, &c, 1), 1);
	child_say(&l.c);
	parent_await(&l.c);
	assert_int_equal(memory_read(l.m, (uintptr_t)&l, &c, 1), -ESRCH);
	/* nor may a new descriptor slip in under the old process */
	assert_true(memory_open(&again, l.p, &err) < 0);
	assert_int_equal(err.status, EXIT_TARGET);
	live_end(&l);
}

/* ---- permission ------------------------------------------------------------------------------- */

static bool nobody_may_not(void *arg)
{
	struct process *p = arg;
	struct memory *m = NULL;
	struct err err = {0};

	return become_nobody() && memory_open(&m, p, &err) == -EACCES &&
	       err.status == EXIT_PERMISSION && strstr(err.text, "memory of process") &&
	       strstr(err.text, "runs as uid 0") && strstr(err.text, "CAP_SYS_PTRACE");
}

static void another_users_memory_is_denied_with_the_reason(void **state)
{
	struct live l;

	(void)state;
	need_root();
	l = live_start(NULL, NULL);
	assert_true(holds_in_child(nobody_may_not, l.p));
	live_end(&l);
}

static void nobody_for_once(struct child *self, void *arg)
{
	(void)self;
	(void)arg;
	if (!become_nobody())
		_exit(96);
	prctl(PR_SET_DUMPABLE, 1);
}

static bool yama_is_named(void *arg)
{
	struct process *p;
	struct memory *m = NULL;
	struct err err = {0};

	/* Same user, dumpable, no capabilities: but not an ancestor. */
	if (!become_nobody() || process_open(&p, *(pid_t *)arg, &err))
		return false;
	return memory_open(&m, p, &err) == -EACCES && err.status == EXIT_PERMISSION &&
	       strstr(err.text, "Yama") && strstr(err.text, "kernel.yama.ptrace_scope=");
}

static void yama_is_named_with_its_setting(void **state)
{
	FILE *f = fopen("/proc/sys/kernel/yama/ptrace_scope", "r");
	struct child c;
	int scope = 0;

	(void)state;
	need_root();
	if (f && fscanf(f, "%d", &scope) != 1)
		scope = 0;
	if (f)
		fclose(f);
	if (!scope)
		skip();
	c = child_start(nobody_for_once, NULL);
	assert_true(holds_in_child(yama_is_named, &c.pid));
	child_end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_reads_as_its_pieces),
		cmocka_unit_test(an_image_ends_with_the_addresses),
		cmocka_unit_test(a_process_is_read_up_to_the_hole),
		cmocka_unit_test(wild_addresses_read_as_unmapped),
		cmocka_unit_test(after_the_end_there_is_no_process),
		cmocka_unit_test(after_an_exec_it_is_another),
		cmocka_unit_test(another_users_memory_is_denied_with_the_reason),
		cmocka_unit_test(yama_is_named_with_its_setting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
