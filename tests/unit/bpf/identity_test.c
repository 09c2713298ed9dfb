// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose hits are counted, in and out of PID namespaces; and who may set probes at all. */
#include "harness.h"
#include "bpf/tracer_internal.h"
#include "tests/unit/process/child.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>

static void without_an_identity_threads_come_from_memory(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct fake_m m = {.procid = 4711};
	struct fake_g g = fake_g_make(60), g0 = {.m = &m};
	struct taken taken;
	struct tracer *t;

	(void)state;
	o.config.identity = GT_ID_NONE;
	o.config.tgid = 0;
	t = start(&o);
	fake_cas(&g, GS_RUNNABLE, GS_RUNNING, &g0);
	assert_int_equal(entry(t, 60).tid, 4711);
	cas(&g, GS_RUNNING, GS_RUNNABLE); /* m.procid 0: unknown */
	assert_int_equal(drain(t, &taken), 2);
	assert_int_equal(taken.r[0].tid, 4711);
	assert_int_equal(taken.r[1].tid, 0);
	tracer_close(t);

	o.config.off_procid = -1;
	t = start(&o);
	fake_cas(&g, GS_RUNNABLE, GS_RUNNING, &g0);
	assert_int_equal(entry(t, 60).tid, 0);
	tracer_close(t);
}

static void hits_of_another_identity_are_strangers(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct fake_g g = fake_g_make(61);
	struct taken taken;
	struct gt_entry e;
	struct tracer *t;

	(void)state;
	o.config.tgid = (uint32_t)getppid();
	t = start(&o);
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	assert_int_equal(counters(t).hits, 0);
	assert_int_equal(counters(t).strangers, 1);
	assert_int_equal(tracer_entry(t, 61, &e), -ENOENT);
	assert_int_equal(drain(t, &taken), 0);
	tracer_close(t);
}

static void *hit_in_thread(void *g)
{
	cas(g, GS_RUNNABLE, GS_RUNNING);
	return (void *)(intptr_t)syscall(SYS_gettid);
}

static void check_threads(size_t n_sites)
{
	struct tracer_options o = options_for(getpid());
	struct fake_g g = fake_g_make(62);
	pthread_t thread;
	struct tracer *t;
	void *tid;

	o.n_sites = n_sites;
	t = start(&o);
	assert_int_equal(pthread_create(&thread, NULL, hit_in_thread, &g), 0);
	assert_int_equal(pthread_join(thread, &tid), 0);
	assert_int_not_equal((intptr_t)tid, getpid());
	assert_int_equal(entry(t, 62).tid, (intptr_t)tid);
	tracer_close(t);
}

static void every_thread_of_the_target_is_seen(void **state)
{
	(void)state;
	check_threads(1);
}

/* By uprobe_multi, whose filter knew threads only from 6.6 to 6.9. */
static void every_thread_is_seen_at_several_sites(void **state)
{
	(void)state;
	check_threads(2);
}

/* ---- PID namespaces ----------------------------------------------------------------------------- */

static bool seen_as(uint32_t identity, uint64_t *hits, uint64_t *strangers)
{
	struct tracer_options o = options_for(getpid());
	struct fake_g g = fake_g_make(63);
	struct gt_entry e;
	struct tracer *t;
	struct stat st;
	bool there;

	if (stat("/proc/self/ns/pid", &st))
		return false;
	o.config.identity = identity;
	o.config.pidns_dev = (uint64_t)major(st.st_dev) << 20 | minor(st.st_dev);
	o.config.pidns_ino = st.st_ino;
	t = start(&o);
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	*hits = counters(t).hits;
	*strangers = counters(t).strangers;
	there = !tracer_entry(t, 63, &e) && e.tid == (uint32_t)syscall(SYS_gettid);
	tracer_close(t);
	return there;
}

static bool in_the_namespace(void *arg)
{
	uint64_t hits, strangers;

	(void)arg;
	/* By the numbers of the namespace: seen. The first namespace's would be others: unseen. */
	if (!seen_as(GT_ID_PIDNS, &hits, &strangers) || hits != 1 || strangers)
		return false;
	return !seen_as(GT_ID_INIT, &hits, &strangers) && !hits && strangers == 1;
}

static bool in_new_pidns(void *arg)
{
	return !unshare(CLONE_NEWPID) && holds_in_child(in_the_namespace, arg);
}

static void in_a_pid_namespace_its_own_numbers_count(void **state)
{
	struct tracer_options o = options_for(getpid());

	(void)state;
	tracer_close(open_tracer(&o));
	need_root();
	assert_true(holds_in_child(in_new_pidns, NULL));
}

static void outside_of_the_namespace_nothing_is_seen(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct fake_g g = fake_g_make(64);
	struct tracer *t;

	(void)state;
	o.config.identity = GT_ID_PIDNS;
	o.config.pidns_ino = 1;
	t = start(&o);
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	assert_int_equal(counters(t).hits, 0);
	assert_int_equal(counters(t).strangers, 1);
	tracer_close(t);
}

/* ---- permission --------------------------------------------------------------------------------- */

static bool hold(uint64_t caps)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {{(uint32_t)caps, (uint32_t)caps, 0},
					      {(uint32_t)(caps >> 32), (uint32_t)(caps >> 32), 0}};

	return !syscall(SYS_capset, &h, d);
}

static bool denied(const char *says)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = NULL;
	struct err err = {0};

	if (!tracer_open(&t, &o, &err) || err.status != EXIT_PERMISSION ||
	    !strstr(err.text, says)) {
		fprintf(stderr, "\"%s\" does not say \"%s\"\n", err.text, says);
		return false;
	}
	return true;
}

static bool no_capability(void *arg)
{
	(void)arg;
	return hold(0) && denied("CAP_BPF and CAP_PERFMON") && denied("sudo");
}

static bool bpf_alone(void *arg)
{
	(void)arg;
	return hold(1ull << 39) && denied("needs CAP_PERFMON");
}

static bool user_namespace(void *arg)
{
	(void)arg;
	if (unshare(CLONE_NEWUSER))
		return errno == EPERM || errno == ENOSPC;
	return denied("user namespace");
}

static bool seccomp(void *arg)
{
	struct sock_filter no_bpf[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {4, no_bpf};

	(void)arg;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		return false;
	return denied("seccomp");
}

static void refusals_name_what_is_missing(void **state)
{
	struct tracer_options o = options_for(getpid());

	(void)state;
	tracer_close(open_tracer(&o));
	need_root();
	assert_true(holds_in_child(no_capability, NULL));
	assert_true(holds_in_child(bpf_alone, NULL));
	assert_true(holds_in_child(user_namespace, NULL));
	assert_true(holds_in_child(seccomp, NULL));
}

/* Kernels with the fix for CVE-2025-38466 want CAP_SYS_ADMIN for perf events alone. */
static bool with_bpf_and_perfmon(void *arg)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = NULL;
	struct fake_g g = fake_g_make(65);
	struct err err = {0};
	double ns;
	bool ok;

	(void)arg;
	if (!hold(1ull << 38 | 1ull << 39))
		return false;
	if (tracer_open(&t, &o, &err) || tracer_attach(t, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return err.status == EXIT_PERMISSION && strstr(err.text, "CAP_SYS_ADMIN");
	}
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	ok = counters(t).hits == 1 && !tracer_calibrate(t, &ns, &err) && ns > 50;
	printf("# attached by %s\n", tracer_method(t));
	tracer_close(t);
	return ok;
}

static void less_than_everything_does_where_the_kernel_lets_it(void **state)
{
	struct tracer_options o = options_for(getpid());

	(void)state;
	tracer_close(open_tracer(&o));
	need_root();
	assert_true(holds_in_child(with_bpf_and_perfmon, NULL));
}

static void ignore(void *ctx, uint64_t goid, const struct gt_entry *e)
{
	(void)ctx;
	(void)goid;
	(void)e;
}

/* Before 5.19 (c8644cd0efe7) that setting forbids every use of bpf(2), look-ups too. */
static bool maps_want_privilege(void)
{
	FILE *f = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "r");
	int value = 0, major_version = 0, minor_version = 0;
	struct utsname u;

	if (f && fscanf(f, "%d", &value) != 1)
		value = 0;
	if (f)
		fclose(f);
	uname(&u);
	sscanf(u.release, "%d.%d", &major_version, &minor_version);
	return value && major_version * 1000 + minor_version < 5019;
}

static bool goes_on_without(void *arg)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct tracer_cursor cursor = {0};
	struct fake_g g = fake_g_make(66);
	struct taken taken;
	struct gt_entry e;
	struct err err;
	bool multi;
	int r;

	(void)arg;
	multi = attach_multi_known();
	if (!hold(0))
		return false;
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	r = tracer_entry(t, 66, &e);
	if (r == -EPERM && maps_want_privilege())
		r = 0;
	else if (!r)
		r = e.transitions != 1 || tracer_entries(t, &cursor, 100, ignore, NULL) < 0;
	if (r || counters(t).hits != 1 || drain(t, &taken) != 1)
		return false;
	tracer_detach(t);
	/* Only attaching again may need what was given up: perf events do, uprobe_multi does not. */
	r = tracer_attach(t, &err);
	return r ? err.status == EXIT_PERMISSION : multi;
}

static void after_attaching_no_capability_is_needed(void **state)
{
	struct tracer_options o = options_for(getpid());

	(void)state;
	tracer_close(open_tracer(&o));
	need_root();
	assert_true(holds_in_child(goes_on_without, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_an_identity_threads_come_from_memory),
		cmocka_unit_test(hits_of_another_identity_are_strangers),
		cmocka_unit_test(every_thread_of_the_target_is_seen),
		cmocka_unit_test(every_thread_is_seen_at_several_sites),
		cmocka_unit_test(in_a_pid_namespace_its_own_numbers_count),
		cmocka_unit_test(outside_of_the_namespace_nothing_is_seen),
		cmocka_unit_test(refusals_name_what_is_missing),
		cmocka_unit_test(less_than_everything_does_where_the_kernel_lets_it),
		cmocka_unit_test(after_attaching_no_capability_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
