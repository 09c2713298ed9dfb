// SPDX-License-Identifier: GPL-2.0-or-later
/* The CPU bound of a cgroup, of both versions, from files that a test has made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "process/cgroup.h"

static void put(int dirfd, const char *path, const char *text)
{
	_cleanup_fd_ int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static char path[64];

/* Directories a and a/b in a new one. */
static struct cgroup_mount made_up(bool v1)
{
	struct cgroup_mount m = {.v1 = v1, .root = "/"};

	snprintf(path, sizeof(path), "/tmp/goroutop-cgroup-XXXXXX");
	assert_non_null(mkdtemp(path));
	m.fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_true(m.fd >= 0);
	assert_int_equal(mkdirat(m.fd, "a", 0700), 0);
	assert_int_equal(mkdirat(m.fd, "a/b", 0700), 0);
	return m;
}

static int delete (const char *name, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(name);
}

static void end(struct cgroup_mount *m)
{
	cgroup_mount_close(m);
	assert_int_equal(nftw(path, delete, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void version_two_says_quota_and_throttling(void **state)
{
	struct cgroup_mount m = made_up(false);
	struct cgroup_cpu c;

	(void)state;
	put(m.fd, "a/b/cpu.max", "150000 100000\n");
	put(m.fd, "a/b/cpu.stat",
	    "usage_usec 12\nnr_periods 20\nnr_throttled 7\nthrottled_usec 300\n");
	cgroup_cpu_read_path(&m, "/a/b", &c);
	assert_true(c.known);
	assert_int_equal((int)(c.quota * 10), 15);
	assert_int_equal(c.periods, 20);
	assert_int_equal(c.throttled, 7);
	assert_int_equal(c.throttled_ns, 300000);
	end(&m);
}

static void without_a_bound_there_is_no_quota(void **state)
{
	struct cgroup_mount m = made_up(false);
	struct cgroup_cpu c;

	(void)state;
	put(m.fd, "a/b/cpu.max", "max 100000\n");
	put(m.fd, "a/b/cpu.stat", "nr_periods 20\nnr_throttled 7\n");
	cgroup_cpu_read_path(&m, "/a/b", &c);
	assert_true(c.known);
	assert_true(c.quota == 0);
	end(&m);
}

static void the_tightest_bound_on_the_way_up_counts(void **state)
{
	struct cgroup_mount m = made_up(false);
	struct cgroup_cpu c;

	(void)state;
	put(m.fd, "a/b/cpu.max", "400000 100000\n");
	put(m.fd, "a/b/cpu.stat", "nr_periods 1\nnr_throttled 1\n");
	put(m.fd, "a/cpu.max", "50000 100000\n");
	put(m.fd, "a/cpu.stat", "nr_periods 9\nnr_throttled 8\n");
	cgroup_cpu_read_path(&m, "/a/b", &c);
	assert_int_equal((int)(c.quota * 10), 5);
	assert_int_equal(c.throttled, 8);
	end(&m);
}

static void version_one_says_the_same(void **state)
{
	struct cgroup_mount m = made_up(true);
	struct cgroup_cpu c;

	(void)state;
	put(m.fd, "a/b/cpu.cfs_quota_us", "20000\n");
	put(m.fd, "a/b/cpu.cfs_period_us", "100000\n");
	put(m.fd, "a/b/cpu.stat", "nr_periods 5\nnr_throttled 4\nthrottled_time 123\n");
	put(m.fd, "a/cpu.cfs_quota_us", "-1\n");
	put(m.fd, "a/cpu.cfs_period_us", "100000\n");
	cgroup_cpu_read_path(&m, "/a/b", &c);
	assert_true(c.known);
	assert_int_equal((int)(c.quota * 10), 2);
	assert_int_equal(c.throttled, 4);
	assert_int_equal(c.throttled_ns, 123);
	end(&m);
}

static void what_makes_no_sense_bounds_nothing(void **state)
{
	static const char *const lies[] = {
		"", "x", "100000", "-5 100000", "5 0", "0 0", "99999999999999999999 1"};
	struct cgroup_mount m = made_up(false), none = {.fd = -1};
	struct cgroup_cpu c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		put(m.fd, "a/cpu.max", lies[i]);
		cgroup_cpu_read_path(&m, "/a", &c);
		assert_true(c.quota >= 0);
		assert_int_equal(c.periods, 0);
	}
	put(m.fd, "a/cpu.max", "1000 1000");
	cgroup_cpu_read_path(&m, "/a/../a", &c);
	assert_false(c.known);
	cgroup_cpu_read_path(&m, "/nowhere", &c);
	assert_false(c.known);
	cgroup_cpu_read_path(&none, "/a", &c);
	assert_false(c.known);
	end(&m);
}

static void the_path_is_that_of_the_right_hierarchy(void **state)
{
	static const char both[] = "12:cpuset:/wrong\n4:cpu,cpuacct:/kube/pod:1\n"
				   "3:cpuacct:/no\n0::/unified\n";
	char found[32];

	(void)state;
	assert_true(cgroup_path_parse(both, true, found, sizeof(found)));
	assert_string_equal(found, "/kube/pod:1");
	assert_true(cgroup_path_parse(both, false, found, sizeof(found)));
	assert_string_equal(found, "/unified");
	assert_false(cgroup_path_parse("7:memory:/a\n", true, found, sizeof(found)));
	assert_false(cgroup_path_parse("0::not-absolute\n", false, found, sizeof(found)));
	assert_false(cgroup_path_parse("0::/longer than there is any room for it\n", false, found,
				       sizeof(found)));
	assert_false(cgroup_path_parse("0:\n:\n\n", false, found, sizeof(found)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_two_says_quota_and_throttling),
		cmocka_unit_test(without_a_bound_there_is_no_quota),
		cmocka_unit_test(the_tightest_bound_on_the_way_up_counts),
		cmocka_unit_test(version_one_says_the_same),
		cmocka_unit_test(what_makes_no_sense_bounds_nothing),
		cmocka_unit_test(the_path_is_that_of_the_right_hierarchy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
