// SPDX-License-Identifier: GPL-2.0-or-later
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tui/guard.h"

/* Prepared beforehand: a handler may do nothing but write, tcsetattr, sigaction and raise. */
static struct {
	volatile sig_atomic_t armed;
	int in_fd, out_fd;
	struct termios modes;
	char bytes[512];
	size_t n;
} guard;

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};

static void on_fatal(int signal)
{
	if (guard.armed) {
		ssize_t written = write(guard.out_fd, guard.bytes, guard.n);

		(void)written;
		tcsetattr(guard.in_fd, TCSANOW, &guard.modes);
		guard.armed = 0;
	}
	/* SA_RESETHAND: this time it ends us, with the status and the core that it should have. */
	raise(signal);
}

/* A stack of its own, or the handler of a stack overflow would have none. */
static void use_own_stack(void)
{
	static char stack[64 * 1024];
	stack_t own = {.ss_sp = stack, .ss_size = sizeof(stack)};

	sigaltstack(&own, NULL);
}

void guard_arm(int in_fd, int out_fd, const struct termios *modes, const char *bytes, size_t n)
{
	struct sigaction action = {.sa_handler = on_fatal,
				   .sa_flags = (int)(SA_ONSTACK | SA_RESETHAND | SA_NODEFER)};

	guard.in_fd = in_fd;
	guard.out_fd = out_fd;
	guard.modes = *modes;
	guard.n = n < sizeof(guard.bytes) ? n : sizeof(guard.bytes);
	memcpy(guard.bytes, bytes, guard.n);
	use_own_stack();
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(fatal); i++)
		sigaction(fatal[i], &action, NULL);
	guard.armed = 1;
}

void guard_disarm(void)
{
	guard.armed = 0;
}
