// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a kernel lacks: older ones, and ones built without a part. This kernel has it all, so a seccomp
 * filter answers its system calls as they would.
 */
#include "harness.h"
#include "bpf/tracer_internal.h"
#include "tests/unit/process/child.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>

/* ---- another kernel ----------------------------------------------------------------------------- */

enum { ANY = -1 };

/* What a system call, or bpf(2) of that command alone, fails with; errnum 0: nothing is answered. */
struct answer {
	long nr;
	int command, errnum;
};

struct kernel {
	struct answer answers[2];
	bool no_uprobe_pmu;
	/* What is said of it: */
	enum exit_status status;
	const char *lacks, *remedy;
};

static struct answer bpf(int command, int errnum)
{
	return (struct answer){SYS_bpf, command, errnum};
}

static struct answer perf(int errnum)
{
	return (struct answer){SYS_perf_event_open, ANY, errnum};
}

/* Before 6.6: uprobes are perf events. */
static struct answer no_multi(void)
{
	return bpf(BPF_LINK_CREATE, EINVAL);
}

static bool put_answer(const struct answer *a)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)a->nr, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		/* Of any command: both ways lead to the errno. */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)a->command, 0, a->command != ANY),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)a->errnum),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof(program) / sizeof(program[0]), program};

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

static bool hide_uprobe_pmu(void)
{
	return !unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("none", "/sys/bus/event_source/devices", "tmpfs", 0, NULL);
}

static bool become_kernel(const struct kernel *k)
{
	if (k->no_uprobe_pmu && !hide_uprobe_pmu())
		return false;
	for (size_t i = 0; i < 2 && k->answers[i].errnum; i++)
		if (!put_answer(&k->answers[i]))
			return false;
	return true;
}

static bool is_refused(void *kernel)
{
	struct tracer_options o = options_for(getpid());
	const struct kernel *k = kernel;
	struct tracer *t = NULL;
	struct err err = {0};

	if (!become_kernel(k) || !tracer_open(&t, &o, &err)) {
		fprintf(stderr, "it could be opened, or this kernel not be had\n");
		return false;
	}
	if (err.status == k->status && strstr(err.text, k->lacks) && strstr(err.text, k->remedy))
		return true;
	fprintf(stderr, "status %d, \"%s\" does not say \"%s\" and \"%s\"\n", (int)err.status,
		err.text, k->lacks, k->remedy);
	return false;
}

static void need_probes(void)
{
	struct tracer_options o = options_for(getpid());

	tracer_close(open_tracer(&o));
	need_root();
}

static void hold_refused(struct kernel k)
{
	need_probes();
	assert_true(holds_in_child(is_refused, &k));
}

static void refused(struct answer one, struct answer other, enum exit_status status,
		    const char *lacks, const char *remedy)
{
	hold_refused((struct kernel){{one, other}, false, status, lacks, remedy});
}

/* ---- bpf(2) ------------------------------------------------------------------------------------- */

static const struct answer nothing_else;

static void without_bpf(void **state)
{
	(void)state;
	refused(bpf(ANY, ENOSYS), nothing_else, EXIT_FAILED, "bpf(2)", "CONFIG_BPF_SYSCALL");
}

static void without_ring_buffers(void **state)
{
	(void)state;
	refused(bpf(BPF_MAP_CREATE, EINVAL), nothing_else, EXIT_FAILED, "ring buffer", "Linux 5.8");
}

static void a_ring_buffer_that_fails_otherwise_says_how(void **state)
{
	(void)state;
	refused(bpf(BPF_MAP_CREATE, ENOMEM), nothing_else, EXIT_FAILED, "ring buffer",
		strerror(ENOMEM));
	refused(bpf(BPF_MAP_CREATE, EPERM), nothing_else, EXIT_PERMISSION, "seccomp", "bpf(2)");
}

static void a_program_that_the_kernel_refuses(void **state)
{
	(void)state;
	refused(bpf(BPF_PROG_LOAD, EINVAL), nothing_else, EXIT_FAILED, "refuses the BPF program",
		"uname");
}

/* ---- uprobes ------------------------------------------------------------------------------------ */

static void without_perf_events(void **state)
{
	(void)state;
	refused(no_multi(), perf(ENOSYS), EXIT_FAILED, "perf_event_open(2)", "CONFIG_PERF_EVENTS");
}

static void without_uprobes(void **state)
{
	(void)state;
	hold_refused((struct kernel){{no_multi()},
				     true,
				     EXIT_FAILED,
				     "no /sys/bus/event_source",
				     "CONFIG_UPROBE_EVENTS"});
	refused(no_multi(), perf(ENOENT), EXIT_FAILED, "no uprobes", "CONFIG_UPROBE_EVENTS");
}

static void a_perf_event_that_fails_otherwise_says_how(void **state)
{
	(void)state;
	refused(no_multi(), perf(EMFILE), EXIT_FAILED, "perf_event_open(2)", strerror(EMFILE));
	refused(no_multi(), perf(EACCES), EXIT_PERMISSION, "seccomp", "perf_event_open(2)");
}

/* Up to 5.14 there are no links to perf events: the event itself holds the program. */
static bool probes_without_links(void *arg)
{
	const struct kernel k = {.answers = {no_multi()}};
	struct tracer_options o = options_for(getpid());
	struct fake_g g = fake_g_make(80);
	struct tracer *t;
	bool ok;

	(void)arg;
	if (!become_kernel(&k))
		return false;
	t = start(&o);
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	ok = !strcmp(tracer_method(t), "perf event") && counters(t).hits == 1;
	tracer_close(t);
	return ok;
}

static void without_links_one_probe_goes_by_its_event(void **state)
{
	(void)state;
	need_probes();
	assert_true(holds_in_child(probes_without_links, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_bpf),
		cmocka_unit_test(without_ring_buffers),
		cmocka_unit_test(a_ring_buffer_that_fails_otherwise_says_how),
		cmocka_unit_test(a_program_that_the_kernel_refuses),
		cmocka_unit_test(without_perf_events),
		cmocka_unit_test(without_uprobes),
		cmocka_unit_test(a_perf_event_that_fails_otherwise_says_how),
		cmocka_unit_test(without_links_one_probe_goes_by_its_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
