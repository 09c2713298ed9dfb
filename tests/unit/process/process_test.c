// SPDX-License-Identifier: GPL-2.0-or-later
#include "child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <link.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/clock.h"
#include "process/process.h"

static struct process *open_ok(pid_t pid)
{
	struct process *p = NULL;
	struct err err = {0};
	int r = process_open(&p, pid, &err);

	if (r)
		fail_msg("process_open(%d): %s", (int)pid, err.text);
	return p;
}

static void open_fails(pid_t pid, enum exit_status status, const char *says)
{
	struct process *p = NULL;
	struct err err = {0};

	assert_true(process_open(&p, pid, &err) < 0);
	assert_null(p);
	assert_int_equal(err.status, status);
	if (!strstr(err.text, says))
		fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static void facts_of_a_process(void **state)
{
	struct process_usage usage;
	struct process *p = open_ok(getpid());
	char exe[PATH_MAX] = "";

	(void)state;
	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	assert_int_equal(p->pid, getpid());
	assert_int_equal(p->call_pid, getpid());
	assert_int_equal(p->uid, geteuid());
	assert_string_equal(p->exe, exe);
	assert_string_equal(p->comm, "process_test");
	assert_non_null(strstr(p->cmdline, "process_test"));
	assert_true(p->same_pidns);
	assert_true(p->started <= clock_mono());
	assert_true(clock_mono() - p->started < 600 * NSEC_PER_SEC);
	assert_int_equal(process_life(p), PROCESS_ALIVE);
	assert_int_equal(process_usage(p, &usage), 0);
	assert_int_equal(usage.threads, 1);
	assert_int_equal(usage.state, 'R');
	assert_true(usage.rss > 100000);
	process_close(p);
}

static void what_is_no_process_is_named(void **state)
{
	static const pid_t none[] = {0, -1, INT_MAX, INT_MIN, 4194304};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		open_fails(none[i], EXIT_TARGET, "no process with PID");
}

static void *idle(void *tid)
{
	__atomic_store_n((pid_t *)tid, (pid_t)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	pause();
	return NULL;
}

static void a_thread_is_refused_with_its_process(void **state)
{
	static pid_t tid;
	pthread_t thread;
	char says[64];

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, idle, &tid), 0);
	while (!__atomic_load_n(&tid, __ATOMIC_SEQ_CST))
		usleep(1000);
	snprintf(says, sizeof(says), "thread of process %d", (int)getpid());
	open_fails(tid, EXIT_TARGET, says);
	pthread_cancel(thread);
	pthread_join(thread, NULL);
}

static void a_zombie_is_refused(void **state)
{
	struct child c = child_start(NULL, NULL);
	siginfo_t info;

	(void)state;
	child_kill(&c);
	assert_int_equal(waitid(P_PID, (id_t)c.pid, &info, WEXITED | WNOWAIT), 0);
	open_fails(c.pid, EXIT_TARGET, "has ended");
	child_wait(&c);
}

static void a_kernel_thread_is_refused(void **state)
{
	char comm[32] = "";
	FILE *f = fopen("/proc/2/comm", "r");

	(void)state;
	if (!f || !fgets(comm, sizeof(comm), f) || strcmp(comm, "kthreadd\n")) {
		if (f)
			fclose(f);
		skip();
	}
	fclose(f);
	open_fails(2, EXIT_TARGET, "thread of the kernel");
}

static void awkward_name(struct child *self, void *arg)
{
	(void)self;
	(void)arg;
	prctl(PR_SET_NAME, "a) R 1\n\033[2J");
}

static void names_are_cleaned(void **state)
{
	struct child c = child_start(awkward_name, NULL);
	struct process *p = open_ok(c.pid);

	(void)state;
	assert_non_null(strstr(p->comm, "a) R 1"));
	assert_null(strchr(p->comm, '\n'));
	assert_null(strchr(p->comm, '\033'));
	assert_int_equal(process_life(p), PROCESS_ALIVE);
	process_close(p);
	child_end(&c);
}

/* ---- ending ----------------------------------------------------------------------------------- */

/* A new process under this number: what PID reuse does, without waiting for it. */
static pid_t fork_as(pid_t pid)
{
	pid_t set = pid;
	struct clone_args args = {.exit_signal = SIGCHLD,
				  .set_tid = (uintptr_t)&set,
				  .set_tid_size = 1};
	pid_t r = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

	if (!r) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	return r;
}

static void a_reused_pid_is_not_taken_for_it(void **state)
{
	struct child c = child_start(NULL, NULL);
	struct process *p = open_ok(c.pid), *q;
	struct process_usage usage;
	pid_t again;

	(void)state;
	assert_int_equal(process_life(p), PROCESS_ALIVE);
	child_end(&c);
	assert_int_equal(process_life(p), PROCESS_EXITED);
	again = fork_as(c.pid);
	if (again < 0) { /* not root, or a kernel before 5.5 */
		process_close(p);
		skip();
	}
	assert_int_equal(again, c.pid);
	assert_int_equal(process_life(p), PROCESS_EXITED);
	assert_true(process_usage(p, &usage) < 0);
	/* Also without a pidfd, by the directory alone. */
	close(p->pidfd);
	p->pidfd = -1;
	assert_int_equal(process_life(p), PROCESS_EXITED);
	q = open_ok(again);
	assert_int_equal(process_life(q), PROCESS_ALIVE);
	process_close(p);
	process_close(q);
	kill(again, SIGKILL);
	waitpid(again, NULL, 0);
}

static void a_zombie_has_exited(void **state)
{
	struct child c = child_start(NULL, NULL);
	struct process *p = open_ok(c.pid);
	siginfo_t info;

	(void)state;
	child_kill(&c);
	assert_int_equal(waitid(P_PID, (id_t)c.pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(process_life(p), PROCESS_EXITED);
	process_close(p);
	child_wait(&c);
}

static void exec_when_told(struct child *self, void *arg)
{
	child_say(self);
	child_await(self);
	dup2(self->hear, 0);
	dup2(self->tell, 1);
	/* "sh" again afterwards: then even the executable stays what it was. */
	execl(arg, arg, "-c", "echo; read x; exec sh -c 'echo; read y'", NULL);
	_exit(97);
}

static void an_exec_is_noticed(void **state)
{
	struct child c = child_start(exec_when_told, "/bin/sh");
	struct process *before = open_ok(c.pid), *after;

	(void)state;
	assert_int_equal(process_life(before), PROCESS_ALIVE);
	child_say(&c);
	parent_await(&c);
	assert_int_equal(process_life(before), PROCESS_EXECED);

	after = open_ok(c.pid);
	assert_int_equal(before->start_time, after->start_time); /* which tells nothing */
	assert_int_equal(process_life(after), PROCESS_ALIVE);
	assert_string_equal(after->comm, "sh");
	assert_int_equal(write(c.tell, "\n", 1), 1);
	parent_await(&c);
	/* The same executable, another life. */
	assert_int_equal(process_life(after), PROCESS_EXECED);
	process_close(before);
	process_close(after);
	child_end(&c);
}

static void an_end_is_no_exec(void **state)
{
	(void)state;
	/* Between the loss of its memory and its end there is a moment: look again and again. */
	for (int i = 0; i < 30; i++) {
		struct child c = child_start(NULL, NULL);
		struct process *p = open_ok(c.pid);
		enum process_life life;

		child_kill(&c);
		do {
			life = process_life(p);
			assert_int_not_equal(life, PROCESS_EXECED);
		} while (life == PROCESS_ALIVE);
		process_close(p);
		child_wait(&c);
	}
}

/* ---- executables ------------------------------------------------------------------------------ */

static void exec_copy(struct child *self, void *path)
{
	dup2(self->hear, 0);
	dup2(self->tell, 1);
	execl(path, "sh", "-c", "echo; read x", NULL);
	_exit(97);
}

static void a_deleted_executable_opens(void **state)
{
	char path[] = "/tmp/goroutop-test-XXXXXX", command[128], magic[4];
	struct process *p;
	struct child c;

	(void)state;
	close(mkstemp(path));
	snprintf(command, sizeof(command), "cp /bin/sh %s && chmod 755 %s", path, path);
	assert_int_equal(system(command), 0);
	c = child_start(exec_copy, path);
	unlink(path);
	p = open_ok(c.pid);
	assert_non_null(strstr(p->exe, "(deleted)"));
	assert_int_equal(pread(p->exe_fd, magic, 4, 0), 4);
	assert_memory_equal(magic, "\177ELF", 4);
	assert_int_equal(process_life(p), PROCESS_ALIVE);
	process_close(p);
	child_end(&c);
}

static int first_phdr(struct dl_phdr_info *info, size_t size, void *ret)
{
	(void)size;
	*(uint64_t *)ret = info->dlpi_addr;
	return 1;
}

static void the_bias_is_the_loaders(void **state)
{
	struct process *p = open_ok(getpid());
	uint64_t truth, vaddr, bias = 1;

	(void)state;
	dl_iterate_phdr(first_phdr, &truth);
	vaddr = getauxval(AT_PHDR) - truth;
	assert_int_equal(process_load_bias(p, vaddr, &bias), 0);
	assert_int_equal(bias, truth);
	/* Nonsense is not rounded. */
	assert_int_equal(process_load_bias(p, vaddr + 8, &bias), -EINVAL);
	p->phdr = 0;
	assert_int_equal(process_load_bias(p, vaddr, &bias), -EACCES);
	process_close(p);
}

/* ---- permission ------------------------------------------------------------------------------- */

static bool nobody_is_told_of_the_other_user(void *pid)
{
	struct process *p = NULL;
	struct err err = {0};

	return become_nobody() && process_open(&p, *(pid_t *)pid, &err) == -EACCES &&
	       err.status == EXIT_PERMISSION && strstr(err.text, "runs as uid 0") &&
	       strstr(err.text, "as 65534") && strstr(err.text, "sudo");
}

static void another_users_process_is_denied_with_the_reason(void **state)
{
	struct child c = child_start(NULL, NULL);

	(void)state;
	need_root();
	assert_true(holds_in_child(nobody_is_told_of_the_other_user, &c.pid));
	child_end(&c);
}

static void undumpable_nobody(struct child *self, void *arg)
{
	(void)self;
	(void)arg;
	if (!become_nobody())
		_exit(96);
	prctl(PR_SET_DUMPABLE, 0);
}

static bool nobody_is_told_of_dumpable(void *pid)
{
	struct process *p = NULL;
	struct err err = {0};

	return become_nobody() && process_open(&p, *(pid_t *)pid, &err) == -EACCES &&
	       err.status == EXIT_PERMISSION && strstr(err.text, "not dumpable");
}

static void an_undumpable_process_is_denied_with_the_reason(void **state)
{
	struct child c;

	(void)state;
	need_root();
	c = child_start(undumpable_nobody, NULL);
	assert_true(holds_in_child(nobody_is_told_of_dumpable, &c.pid));
	child_end(&c);
}

/* ---- PID namespaces --------------------------------------------------------------------------- */

static void identity_in_our_own_namespace(void **state)
{
	struct process *p = open_ok(getpid());
	struct process_pidns ns;

	(void)state;
	assert_int_equal(process_pidns(p, &ns), 0);
	assert_true(ns.same);
	assert_true(ns.ino);
	process_close(p);
}

static pid_t proc_number_of_self(void)
{
	char link[32] = "";

	return readlink("/proc/self", link, sizeof(link) - 1) > 0 ? (pid_t)atoi(link) : -1;
}

/* In a new PID namespace under the old /proc: numbers there and for system calls differ. */
static bool numbers_are_translated(void *arg)
{
	struct process *self = NULL, *outside = NULL;
	struct process_pidns ns;
	pid_t number = proc_number_of_self();
	bool ok;

	if (number <= 0 || number == getpid() || process_open(&self, number, NULL))
		return false;
	ok = self->call_pid == getpid() && self->pid == number && self->pidfd >= 0 &&
	     self->same_pidns && process_life(self) == PROCESS_ALIVE;
	ok = ok && !process_pidns(self, &ns) && !ns.initial && ns.same;
	/* A process outside has no number here, though /proc shows it. */
	ok = ok && !process_open(&outside, *(pid_t *)arg, NULL) && !outside->call_pid &&
	     outside->pidfd < 0 && !outside->same_pidns && process_life(outside) == PROCESS_ALIVE;
	return ok;
}

static bool in_new_pidns(void *arg)
{
	return !unshare(CLONE_NEWPID) && holds_in_child(numbers_are_translated, arg);
}

static void the_number_for_calls_is_that_of_our_namespace(void **state)
{
	struct child outside;

	(void)state;
	need_root();
	outside = child_start(NULL, NULL);
	assert_true(holds_in_child(in_new_pidns, &outside.pid));
	child_end(&outside);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_of_a_process),
		cmocka_unit_test(what_is_no_process_is_named),
		cmocka_unit_test(a_thread_is_refused_with_its_process),
		cmocka_unit_test(a_zombie_is_refused),
		cmocka_unit_test(a_kernel_thread_is_refused),
		cmocka_unit_test(names_are_cleaned),
		cmocka_unit_test(a_reused_pid_is_not_taken_for_it),
		cmocka_unit_test(a_zombie_has_exited),
		cmocka_unit_test(an_exec_is_noticed),
		cmocka_unit_test(an_end_is_no_exec),
		cmocka_unit_test(a_deleted_executable_opens),
		cmocka_unit_test(the_bias_is_the_loaders),
		cmocka_unit_test(another_users_process_is_denied_with_the_reason),
		cmocka_unit_test(an_undumpable_process_is_denied_with_the_reason),
		cmocka_unit_test(identity_in_our_own_namespace),
		cmocka_unit_test(the_number_for_calls_is_that_of_our_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
