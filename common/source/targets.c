// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/vec.h"
#include "golang/executable.h"
#include "process/list.h"
#include "process/privilege.h"
#include "source/targets.h"

enum judged { NOT_GO, IS_GO, UNREADABLE };

/* What is remembered of a process from one refresh to the next, by ascending pid. */
struct known {
	pid_t pid;
	uint64_t start_time, cpu_ns;
	char comm[64];
	enum judged judged;
	struct target_entry entry; /* of IS_GO */
};

typedef VEC(struct known) knowns;

struct targets {
	knowns known;
	uint64_t time; /* of the last refresh */
	VEC(struct target_entry) shown;
	size_t unreadable;
};

/* ---- judging one process ---------------------------------------------------------------------- */

static void set_reason(struct target_entry *e, const struct go_exe_info *info)
{
	int least = info->arch == GO_ARCH_ARM64 ? 18 : 17;

	if (info->arch == GO_ARCH_NONE)
		snprintf(e->reason, sizeof(e->reason), "neither amd64 nor arm64");
	else if (info->version.major && go_version_cmp(&info->version, least, 0) < 0)
		snprintf(e->reason, sizeof(e->reason), "older than Go 1.%d", least);
	e->attachable = !e->reason[0];
}

static void set_user(struct target_entry *e)
{
	char space[4096];
	struct passwd pw, *found = NULL;

	if (!getpwuid_r(e->uid, &pw, space, sizeof(space), &found) && found)
		text_clean(e->user, sizeof(e->user), found->pw_name, strlen(found->pw_name), false);
	else
		snprintf(e->user, sizeof(e->user), "%u", (unsigned)e->uid);
}

static void judge(struct known *k, const struct process_entry *p)
{
	struct target_entry *e = &k->entry;
	struct go_exe_info info;
	char path[32];
	_cleanup_fd_ int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)p->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		k->judged = errno == EACCES || errno == EPERM ? UNREADABLE : NOT_GO;
		return;
	}
	if (go_exe_peek(fd, &info)) {
		k->judged = NOT_GO;
		return;
	}
	k->judged = IS_GO;
	*e = (struct target_entry){.pid = p->pid, .uid = p->uid, .stripped = info.stripped};
	snprintf(e->go_version, sizeof(e->go_version), "%s", info.version.text);
	set_user(e);
	set_reason(e, &info);
}

/* ---- refreshing ------------------------------------------------------------------------------- */

static int by_pid(const void *a, const void *b)
{
	pid_t x = ((const struct known *)a)->pid, y = ((const struct known *)b)->pid;

	return (x > y) - (x < y);
}

static const struct known *find_known(const knowns *all, const struct process_entry *p)
{
	const struct known key = {.pid = p->pid};
	const struct known *k = all->n ? bsearch(&key, all->v, all->n, sizeof(key), by_pid) : NULL;

	/* After an exec the pid and the start are the same, but as a rule not the name. */
	return k && k->start_time == p->start_time && !strcmp(k->comm, p->comm) ? k : NULL;
}

static void update(struct known *k, const struct process_entry *p, uint64_t interval)
{
	struct target_entry *e = &k->entry;

	e->cpu_pct = interval && p->cpu_ns >= k->cpu_ns
			     ? 100.0 * (double)(p->cpu_ns - k->cpu_ns) / (double)interval
			     : -1;
	k->cpu_ns = p->cpu_ns;
	e->threads = p->threads;
	snprintf(e->comm, sizeof(e->comm), "%s", p->comm);
	snprintf(e->command, sizeof(e->command), "%s", p->command);
}

static bool add_process(struct targets *t, knowns *next, const struct process_entry *p,
			uint64_t now)
{
	const struct known *old = find_known(&t->known, p);
	struct known k = {.pid = p->pid, .start_time = p->start_time};
	uint64_t interval = 0;

	if (old) {
		k = *old;
		interval = now - t->time;
	} else {
		snprintf(k.comm, sizeof(k.comm), "%s", p->comm);
		judge(&k, p);
	}
	if (k.judged == IS_GO)
		update(&k, p, interval);
	return vec_push(next, k);
}

static int by_attachable(const void *a, const void *b)
{
	const struct target_entry *x = a, *y = b;

	if (x->attachable != y->attachable)
		return x->attachable ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

static bool show(struct targets *t)
{
	t->shown.n = 0;
	t->unreadable = 0;
	vec_foreach (k, &t->known) {
		t->unreadable += k->judged == UNREADABLE;
		if (k->judged == IS_GO && !vec_push(&t->shown, k->entry))
			return false;
	}
	if (t->shown.n)
		qsort(t->shown.v, t->shown.n, sizeof(*t->shown.v), by_attachable);
	return true;
}

int targets_refresh(struct targets *t)
{
	process_entries all = {0};
	knowns next = {0};
	uint64_t now = clock_mono();
	int r;

	privilege_raise();
	r = process_list(&all);
	vec_foreach (p, &all)
		if (!r && !add_process(t, &next, p, now))
			r = -ENOMEM;
	privilege_lower();
	vec_free(&all);
	if (r) {
		vec_free(&next);
		return r;
	}
	vec_free(&t->known);
	t->known.v = next.v;
	t->known.n = next.n;
	t->known.cap = next.cap;
	t->time = now;
	return show(t) ? 0 : -ENOMEM;
}

struct targets *targets_new(void)
{
	return calloc(1, sizeof(struct targets));
}

void targets_free(struct targets *t)
{
	if (!t)
		return;
	vec_free(&t->known);
	vec_free(&t->shown);
	free(t);
}

const struct target_entry *targets_get(const struct targets *t, size_t *n)
{
	*n = t->shown.n;
	return t->shown.v;
}

size_t targets_unreadable(const struct targets *t)
{
	return t->unreadable;
}

/* ---- by name ---------------------------------------------------------------------------------- */

static bool parse_pid(const char *text, pid_t *ret, struct err *err, int *result)
{
	char *end;
	long n;

	if (!*text || text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	n = strtol(text, &end, 10);
	*result = 0;
	if (errno || n < 1 || n > 1 << 22) /* PID_MAX_LIMIT */
		*result = err_set(err, EXIT_USAGE, EINVAL,
				  "%.40s can be no PID: they go from 1 to 4194304", text);
	else
		*ret = (pid_t)n;
	return true;
}

/* The last element of the path that a command line begins with. */
static bool argv0_is(const char *command, const char *name)
{
	size_t len = strcspn(command, " "), n = strlen(name);

	return len >= n && !strncmp(command + len - n, name, n) &&
	       (len == n || command[len - n - 1] == '/');
}

static bool is_named(const struct process_entry *p, const char *name)
{
	char path[32], exe[4096];
	const char *base;
	ssize_t n;

	if (!strcmp(p->comm, name) || argv0_is(p->command, name))
		return true;
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)p->pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n <= 0)
		return false;
	exe[n] = '\0';
	base = strrchr(exe, '/');
	return !strcmp(base ? base + 1 : exe, name);
}

static int choose(const process_entries *found, const char *name, pid_t *ret, struct err *err)
{
	struct buf list = {0};
	int r;

	if (found->n == 1) {
		*ret = found->v[0].pid;
		return 0;
	}
	if (!found->n)
		return err_set(err, EXIT_TARGET, ESRCH,
			       "no process is named %s; goroutop -l lists the Go processes", name);
	vec_foreach (p, found)
		buf_printf(&list, "\n%8d  %s", (int)p->pid, p->command);
	r = err_set(err, EXIT_TARGET, EINVAL,
		    "%zu processes are named %s: give the PID of one of them%s", found->n, name,
		    buf_str(&list));
	buf_free(&list);
	return r;
}

int target_find(const char *text, pid_t *ret, struct err *err)
{
	process_entries all = {0}, found = {0};
	char name[256];
	int r;

	if (parse_pid(text, ret, err, &r))
		return r;
	text_clean(name, sizeof(name), text, strlen(text), false);
	privilege_raise();
	r = process_list(&all);
	vec_foreach (p, &all)
		if (!r && p->pid != getpid() && is_named(p, name) && !vec_push(&found, *p))
			r = -ENOMEM;
	privilege_lower();
	if (r)
		err_set(err, EXIT_FAILED, -r, "the processes cannot be listed: %s", strerror(-r));
	else
		r = choose(&found, name, ret, err);
	vec_free(&all);
	vec_free(&found);
	return r;
}
