// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Starting a command so that its first goroutine is seen: a forked child waits on a socket pair
 * until the probes are on the inode of its executable, then execs. The socket closes on exec; what
 * comes through it before is the errno of an exec that failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "golang/executable.h"
#include "process/privilege.h"
#include "source/command.h"

struct command {
	struct command_options options;
	pid_t pid;
	char *exe, *output;
	int users; /* atomic: its owner, and a session that may be about to release it */
	bool ended;
	int status; /* as waitpid gives it, once ended */

	pthread_mutex_t lock;
	int control; /* our end of the socket pair, under the lock; −1: released, or never to be */
};

/* ---- finding the executable ------------------------------------------------------------------- */

static bool is_executable(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* As execvp would find it; a name with a slash is a path. NULL when there is none. */
static char *find_in_path(const char *name)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/'))
		return is_executable(name) ? strdup(name) : NULL;
	if (!path)
		path = "/usr/local/bin:/usr/bin:/bin";
	for (const char *end; *path; path = *end ? end + 1 : end) {
		struct buf b = {0};

		end = strchrnul(path, ':');
		buf_put(&b, path, end - path);
		buf_printf(&b, "%s%s", b.len ? "/" : "", name);
		if (!b.failed && is_executable(b.p))
			return b.p;
		buf_free(&b);
	}
	return NULL;
}

static int check_is_go(const char *exe, struct err *err)
{
	_cleanup_fd_ int fd = open(exe, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct go_exe_info info;

	if (fd < 0)
		return err_set(err, EXIT_TARGET, errno, "%s: %s", exe, strerror(errno));
	if (go_exe_peek(fd, &info))
		return err_set(
			err, EXIT_TARGET, ENOEXEC,
			"%s is not a Go executable itself (a script or wrapper?): start it, then "
			"attach by PID",
			exe);
	return 0;
}

/* ---- the child -------------------------------------------------------------------------------- */

static void fail_child(int control)
{
	int e = errno;
	ssize_t ignored = write(control, &e, sizeof(e));

	(void)ignored;
	_exit(127);
}

/* Under the screen: a session of its own, nothing to read, a file to write to. */
static void detach_child(const struct command *c, int control)
{
	int in = open("/dev/null", O_RDONLY);
	int out = open(c->output, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (in < 0 || out < 0 || setsid() < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 ||
	    dup2(out, 2) < 0)
		fail_child(control);
	if (in > 2)
		close(in);
}

static void restore_signals(void)
{
	struct sigaction act = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int n = 1; n < NSIG; n++)
		if (n != SIGKILL && n != SIGSTOP)
			sigaction(n, &act, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void run_child(const struct command *c, char *const argv[], int control)
{
	char go;
	int r;

	if (!c->options.batch)
		detach_child(c, control);
	r = privilege_for_child(c->options.user);
	if (r) {
		errno = -r;
		fail_child(control);
	}
	restore_signals();
	/* End of file: goroutop is gone without having released us. */
	if (read(control, &go, 1) != 1)
		_exit(127);
	execv(c->exe, argv);
	fail_child(control);
}

/* ---- starting --------------------------------------------------------------------------------- */

static int make_output(struct command *c, struct err *err)
{
	const char *dir = getenv("TMPDIR");
	struct buf b = {0};
	int fd;

	buf_printf(&b, "%s/goroutop-XXXXXX", dir && *dir ? dir : "/tmp");
	if (b.failed)
		return err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
	c->output = b.p;
	fd = mkostemp(c->output, O_CLOEXEC);
	if (fd < 0)
		return err_set(err, EXIT_FAILED, errno,
			       "no file for the command's output could be made at %s: %s",
			       c->output, strerror(errno));
	close(fd);
	return 0;
}

static int fork_child(struct command *c, char *const argv[], struct err *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return err_set(err, EXIT_FAILED, errno, "socketpair: %s", strerror(errno));
	c->pid = fork();
	if (!c->pid) {
		close(ends[0]);
		run_child(c, argv, ends[1]);
	}
	close(ends[1]);
	c->control = ends[0];
	if (c->pid < 0)
		return err_set(err, EXIT_FAILED, errno, "fork: %s", strerror(errno));
	return 0;
}

int command_start(struct command **ret, char *const argv[], const struct command_options *options,
		  struct err *err)
{
	struct command *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
	c->options = *options;
	c->users = 1;
	pthread_mutex_init(&c->lock, NULL);
	c->control = -1;
	c->pid = -1;
	c->exe = find_in_path(argv[0]);
	r = c->exe ? check_is_go(c->exe, err)
		   : err_set(err, EXIT_TARGET, ENOENT, "%s: no such command", argv[0]);
	if (!r && options->user)
		r = privilege_check_user(options->user, err);
	if (!r && !options->batch)
		r = make_output(c, err);
	if (!r)
		r = fork_child(c, argv, err);
	if (r) {
		command_close(c);
		return r;
	}
	*ret = c;
	return 0;
}

/* The socket, and with it the say in whether the child runs: −1 when another thread has had it. */
static int take_control(struct command *c)
{
	int control;

	pthread_mutex_lock(&c->lock);
	control = take_fd(&c->control);
	pthread_mutex_unlock(&c->lock);
	return control;
}

int command_release(struct command *c, struct err *err)
{
	_cleanup_fd_ int control = take_control(c);
	ssize_t n;
	int e = 0;

	if (control < 0)
		return err_set(err, EXIT_TARGET, ECANCELED, "%s was not started any more", c->exe);
	n = send(control, "g", 1, MSG_NOSIGNAL);
	/* EPIPE: it failed before it came to wait for this, and has told why. */
	if (n == 1 || errno == EPIPE)
		n = read(control, &e, sizeof(e));
	if (n == 0)
		return 0;
	if (n != sizeof(e))
		e = n < 0 ? errno : EIO;
	return err_set(err, EXIT_TARGET, e, "%s could not be started: %s", c->exe, strerror(e));
}

/* ---- its life --------------------------------------------------------------------------------- */

bool command_ended(struct command *c, int *status)
{
	int s;

	if (!c->ended && waitpid(c->pid, &s, WNOHANG) == c->pid) {
		c->ended = true;
		c->status = s;
	}
	if (c->ended)
		*status =
			WIFSIGNALED(c->status) ? 128 + WTERMSIG(c->status) : WEXITSTATUS(c->status);
	return c->ended;
}

static bool wait_end(struct command *c, unsigned ms)
{
	uint64_t until = clock_mono() + ms * NSEC_PER_MSEC;
	int status;

	while (!command_ended(c, &status)) {
		if (clock_mono() >= until)
			return false;
		poll(NULL, 0, 10);
	}
	return true;
}

/* It may be another user's (--user): that takes a capability, which --drop gave up. */
static bool signal_child(struct command *c, int signal)
{
	bool sent;

	privilege_raise();
	sent = !kill(c->pid, signal);
	privilege_lower();
	return sent;
}

static void end_child(struct command *c)
{
	_cleanup_fd_ int control = take_control(c);
	int status;

	if (c->pid <= 0 || command_ended(c, &status))
		return;
	if (control >= 0) {
		/* The end of file ends it too, where a signal of ours may not. */
		close(take_fd(&control));
		signal_child(c, SIGKILL);
		waitpid(c->pid, &status, 0);
		return;
	}
	if (!c->options.kill)
		return;
	if (!signal_child(c, SIGTERM))
		log_add(LOG_ERROR,
			"process %d goes on: to end a command of another user takes CAP_KILL, "
			"which "
			"--drop gives up",
			(int)c->pid);
	else if (!wait_end(c, 5000) && signal_child(c, SIGKILL))
		waitpid(c->pid, &status, 0);
}

void command_close(struct command *c)
{
	if (!c)
		return;
	end_child(c);
	command_unref(c);
}

struct command *command_ref(struct command *c)
{
	if (c)
		__atomic_add_fetch(&c->users, 1, __ATOMIC_RELAXED);
	return c;
}

void command_unref(struct command *c)
{
	if (!c || __atomic_sub_fetch(&c->users, 1, __ATOMIC_ACQ_REL))
		return;
	pthread_mutex_destroy(&c->lock);
	free(c->exe);
	free(c->output);
	free(c);
}

pid_t command_pid(const struct command *c)
{
	return c->pid;
}

const char *command_exe(const struct command *c)
{
	return c->exe;
}

const char *command_output(const struct command *c)
{
	return c->output;
}
