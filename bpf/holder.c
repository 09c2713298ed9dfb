// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A process that holds probes, so that our own death can't get between the target and its text.
 *
 * Taking a uprobe away writes to the target's memory, and a thread with a fatal signal pending can't
 * (get_user_pages gives up): "uprobe: failed to unregister, leaking uprobe", and the breakpoint stays
 * in the target for good with nobody behind it. Whoever closes the last descriptor of a probe in
 * close(2) is open to that for as long as the kernel needs: it waits for readers of RCU and for a
 * mutex that all tracers share. Measured on 6.18: one in twenty of those killed meanwhile.
 *
 * A process of one thread that ends by SIGKILL is not. The kernel takes the signal off the thread
 * (get_signal) before it closes the descriptors (exit_files), and a second one is not put there any
 * more (complete_signal, of a group that is exiting). So the descriptors are opened by a process of
 * their own, nobody ever closes them, and it is always SIGKILL that ends it: ours when we detach, the
 * kernel's when we die (PR_SET_PDEATHSIG).
 *
 * It shares our memory, as after vfork, since copying that costs more the more we watch; so it may do
 * with it, once we go on, only what needs neither locks nor errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <sanitizer/asan_interface.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tracer_internal.h"

enum { STACK = 128 << 10, GUARD = 64 << 10 };

struct setup {
	holder_fn fill;
	void *arg;
	void (*settle)(void);
	pid_t parent;
	int ready; /* the pipe's end to write to */
	int result;
};

/* ---- the process ------------------------------------------------------------------------------ */

static void close_between(unsigned first, unsigned last)
{
	if (first > last)
		return;
	if (!syscall(SYS_close_range, first, last, 0) || errno != ENOSYS)
		return;
	for (unsigned fd = first; fd <= last && fd < 1024; fd++) /* Linux 5.8 */
		close((int)fd);
}

/* Pipes and files of ours must not stay open for its sake. */
static void close_others(const struct holder_fds *keep)
{
	unsigned from = 0;

	for (int done = 0; done < keep->n; done++) {
		int next = -1;

		for (int i = 0; i < keep->n; i++)
			if (keep->fd[i] >= (int)from && (next < 0 || keep->fd[i] < next))
				next = keep->fd[i];
		if (next < 0)
			break;
		if (next > 0)
			close_between(from, (unsigned)next - 1);
		from = (unsigned)next + 1;
	}
	close_between(from, ~0u);
}

/* Only raw system calls from here on: errno and all else of the thread's own is the caller's again. */
__attribute__((no_sanitize("address", "undefined"))) static void wait_for_the_end(void)
{
	for (;;)
		syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
}

static int holder_main(void *arg)
{
	struct holder_fds fds = {0};
	struct setup *s = arg;
	int ready = s->ready;
	char yes = 1;

	prctl(PR_SET_NAME, "goroutop-probes");
	s->result = s->fill(&fds, s->arg);
	if (s->settle)
		s->settle();
	/* After the last change of credentials, which may take it back. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != s->parent)
		kill(getpid(), SIGKILL);
	fds.fd[fds.n++] = ready;
	close_others(&fds);
	if (write(ready, &yes, 1) != 1)
		kill(getpid(), SIGKILL);
	wait_for_the_end();
	return 0;
}

/* ---- our side ----------------------------------------------------------------------------------- */

static bool await_ready(int fd)
{
	char yes;
	ssize_t n;

	do {
		n = read(fd, &yes, 1);
	} while (n < 0 && errno == EINTR);
	return n == 1;
}

/* No handler of ours may run in there, and no signal of the terminal end it. */
static pid_t clone_holder(void *stack, struct setup *s)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = clone(holder_main, (char *)stack + STACK, CLONE_VM, s);
	if (pid < 0)
		pid = -errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static void *make_stack(void)
{
	char *p = mmap(NULL, STACK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (mprotect(p + GUARD, STACK - GUARD, PROT_READ | PROT_WRITE)) {
		munmap(p, STACK);
		return NULL;
	}
	return p;
}

/* Where it was killed its frames still are marked for AddressSanitizer: who has the place next isn't them. */
static void free_stack(char *stack)
{
	ASAN_UNPOISON_MEMORY_REGION(stack + GUARD, STACK - GUARD);
	munmap(stack, STACK);
}

int holder_start(struct holder *ret, holder_fn fill, void *arg, void (*settle)(void))
{
	struct setup s = {.fill = fill, .arg = arg, .settle = settle, .parent = getpid()};
	_cleanup_fd_ int hear = -1;
	_cleanup_fd_ int tell = -1;
	int ends[2];

	*ret = (struct holder){0};
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	hear = ends[0];
	s.ready = tell = ends[1];
	ret->stack = make_stack();
	if (!ret->stack)
		return -ENOMEM;
	ret->pid = clone_holder(ret->stack, &s);
	if (ret->pid < 0) {
		int r = ret->pid;

		free_stack(ret->stack);
		*ret = (struct holder){0};
		return r;
	}
	close(take_fd(&tell)); /* its own is the last: it can't die unheard */
	if (!await_ready(hear))
		s.result = -EINTR;
	if (s.result)
		holder_end(ret);
	return s.result;
}

void holder_kill(struct holder *h)
{
	if (h->pid > 0)
		kill(h->pid, SIGKILL);
}

bool holder_alive(const struct holder *h)
{
	siginfo_t info = {0};

	return h->pid > 0 &&
	       !waitid(P_PID, (id_t)h->pid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) &&
	       !info.si_pid;
}

static void forget(struct holder *h)
{
	free_stack(h->stack);
	*h = (struct holder){0};
}

void holder_reap(struct holder *h)
{
	if (h->pid > 0 && waitpid(h->pid, NULL, __WALL | WNOHANG) == h->pid)
		forget(h);
}

void holder_end(struct holder *h)
{
	if (h->pid <= 0)
		return;
	holder_kill(h);
	while (waitpid(h->pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	forget(h);
}
