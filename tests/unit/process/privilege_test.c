// SPDX-License-Identifier: GPL-2.0-or-later
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "process/privilege.h"
#include "process/procfs.h"

static uint64_t caps(const char *line)
{
	char status[PROC_STATUS];
	uint64_t set = ~0ull;

	proc_read(AT_FDCWD, "/proc/thread-self/status", status, sizeof(status));
	proc_status_numbers(status, line, 16, &set, 1);
	return set;
}

/* What root may do by capability alone: look into a process that holds capabilities. */
static bool may_look_into(pid_t pid)
{
	char path[48];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	fd = open(path, O_RDONLY);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool a_bracket_raises(void *arg)
{
	uint64_t all = caps("CapPrm");
	pid_t pid = *(pid_t *)arg;

	privilege_begin();
	if (caps("CapEff") || caps("CapInh") || caps("CapAmb") || caps("CapPrm") != all)
		return false;
	if (may_look_into(pid))
		return false;
	privilege_raise();
	if (caps("CapEff") != all || !may_look_into(pid))
		return false;
	privilege_lower();
	return !caps("CapEff") && caps("CapPrm") == all && !may_look_into(pid);
}

static void capabilities_are_effective_in_the_bracket_only(void **state)
{
	struct child c = child_start(NULL, NULL);

	(void)state;
	need_root();
	assert_true(holds_in_child(a_bracket_raises, &c.pid));
	child_end(&c);
}

static bool dropped_is_dropped(void *arg)
{
	(void)arg;
	privilege_begin();
	privilege_drop();
	privilege_raise();
	return !caps("CapEff") && !caps("CapPrm") && !privilege_permitted(CAP_SYS_PTRACE);
}

static void dropping_is_for_good(void **state)
{
	(void)state;
	need_root();
	assert_true(holds_in_child(dropped_is_dropped, NULL));
}

static bool names_what_is_missing(void *arg)
{
	char missing[100];

	(void)arg;
	privilege_missing_for_probes(missing, sizeof(missing));
	if (*missing)
		return false;
	privilege_drop();
	privilege_missing_for_probes(missing, sizeof(missing));
	return !strcmp(missing, "CAP_BPF, CAP_PERFMON");
}

static void missing_capabilities_are_named(void **state)
{
	(void)state;
	need_root();
	assert_true(holds_in_child(names_what_is_missing, NULL));
}

static bool all_caps_of_a_namespace_are_none(void *arg)
{
	char missing[100];

	(void)arg;
	if (unshare(CLONE_NEWUSER))
		return errno == EPERM || errno == ENOSPC; /* forbidden here: nothing to be seen */
	privilege_missing_for_probes(missing, sizeof(missing));
	return !strcmp(missing, "CAP_BPF, CAP_PERFMON of the first user namespace");
}

static void capabilities_in_a_user_namespace_do_not_count(void **state)
{
	(void)state;
	assert_true(holds_in_child(all_caps_of_a_namespace_are_none, NULL));
}

/* ---- the child of `-- COMMAND` ---------------------------------------------------------------- */

static bool gets_everything_back(void *arg)
{
	uint64_t eff = caps("CapEff"), inh = caps("CapInh");

	(void)arg;
	privilege_begin();
	return !privilege_for_child(NULL) && caps("CapEff") == eff && caps("CapInh") == inh;
}

static void a_child_gets_what_we_were_started_with(void **state)
{
	(void)state;
	need_root();
	assert_true(holds_in_child(gets_everything_back, NULL));
}

static bool hold_only(int cap)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {{1u << cap, 1u << cap, 1u << cap}};

	return !syscall(SYS_capset, &h, d);
}

static bool gets_ambient_back(void *arg)
{
	uint64_t amb;

	(void)arg;
	/* As a service manager starts a program of another user with one ambient capability. */
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || !become_nobody())
		return false;
	if (!hold_only(CAP_NET_RAW) ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0))
		return false;
	amb = caps("CapAmb");
	privilege_begin();
	if (!amb || caps("CapAmb"))
		return false;
	return !privilege_for_child(NULL) && caps("CapAmb") == amb;
}

static void ambient_capabilities_come_back_too(void **state)
{
	(void)state;
	need_root();
	assert_true(holds_in_child(gets_ambient_back, NULL));
}

static bool becomes_another(void *user)
{
	privilege_begin();
	if (privilege_for_child(user))
		return false;
	return getuid() == NOBODY && geteuid() == NOBODY && !caps("CapPrm") && !caps("CapInh") &&
	       !caps("CapAmb") && setuid(0) && getgid() != 0;
}

static void a_child_becomes_the_user_without_capabilities(void **state)
{
	(void)state;
	need_root();
	assert_true(holds_in_child(becomes_another, "nobody"));
	assert_true(holds_in_child(becomes_another, "65534"));
}

static bool no_such_user(void *user)
{
	return privilege_for_child(user) == -ENOENT && !geteuid();
}

static void an_unknown_user_is_refused(void **state)
{
	(void)state;
	need_root();
	assert_true(holds_in_child(no_such_user, "no such user"));
	assert_true(holds_in_child(no_such_user, "4000000001"));
	assert_true(holds_in_child(no_such_user, "0x0"));
	assert_true(holds_in_child(no_such_user, ""));
}

static bool nobody_can_not_become_root(void *arg)
{
	(void)arg;
	return become_nobody() && privilege_for_child("root") == -EPERM;
}

static void nobody_becomes_root(void **state)
{
	(void)state;
	need_root();
	assert_true(holds_in_child(nobody_can_not_become_root, NULL));
}

static bool set_uid_is_given_up(void *arg)
{
	(void)arg;
	/* As a set-user-id root program: called by nobody, running as root. */
	if (setresgid(NOBODY, 0, 0) || setresuid(NOBODY, 0, 0))
		return false;
	privilege_begin();
	return !privilege_for_child(NULL) && geteuid() == NOBODY && getegid() == NOBODY &&
	       !caps("CapPrm") && setuid(0);
}

static void a_set_user_id_program_hands_nothing_on(void **state)
{
	(void)state;
	need_root();
	assert_true(holds_in_child(set_uid_is_given_up, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities_are_effective_in_the_bracket_only),
		cmocka_unit_test(dropping_is_for_good),
		cmocka_unit_test(missing_capabilities_are_named),
		cmocka_unit_test(capabilities_in_a_user_namespace_do_not_count),
		cmocka_unit_test(a_child_gets_what_we_were_started_with),
		cmocka_unit_test(ambient_capabilities_come_back_too),
		cmocka_unit_test(a_child_becomes_the_user_without_capabilities),
		cmocka_unit_test(an_unknown_user_is_refused),
		cmocka_unit_test(nobody_becomes_root),
		cmocka_unit_test(a_set_user_id_program_hands_nothing_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
