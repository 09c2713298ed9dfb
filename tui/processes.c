// SPDX-License-Identifier: GPL-2.0-or-later
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "tui/processes.h"

/* ---- columns ---------------------------------------------------------------------------------- */

static void pid_text(char *dst, size_t size, const struct target_entry *e)
{
	snprintf(dst, size, "%d", (int)e->pid);
}

static void user_text(char *dst, size_t size, const struct target_entry *e)
{
	snprintf(dst, size, "%s", e->user);
}

static void version_text(char *dst, size_t size, const struct target_entry *e)
{
	snprintf(dst, size, "%s", e->go_version[0] ? e->go_version : "–");
}

static void stripped_text(char *dst, size_t size, const struct target_entry *e)
{
	snprintf(dst, size, "%s", !e->go_version[0] ? "–" : e->stripped ? "yes" : "no");
}

static void threads_text(char *dst, size_t size, const struct target_entry *e)
{
	snprintf(dst, size, "%u", e->threads);
}

static void cpu_text(char *dst, size_t size, const struct target_entry *e)
{
	if (e->cpu_pct < 0)
		snprintf(dst, size, "–");
	else
		snprintf(dst, size, "%.1f", e->cpu_pct);
}

static void command_text(char *dst, size_t size, const struct target_entry *e)
{
	if (e->attachable)
		snprintf(dst, size, "%s", e->command);
	else
		snprintf(dst, size, "%s – %s", e->comm, e->reason);
}

const struct process_column process_columns[] = {
	{"PID", 7, ALIGN_RIGHT, pid_text},	   {"USER", 9, ALIGN_LEFT, user_text},
	{"GO", 10, ALIGN_LEFT, version_text},	   {"STRIPPED", 8, ALIGN_LEFT, stripped_text},
	{"THREADS", 7, ALIGN_RIGHT, threads_text}, {"CPU%", 6, ALIGN_RIGHT, cpu_text},
	{"COMMAND", 0, ALIGN_LEFT, command_text},
};
const size_t n_process_columns = ARRAY_SIZE(process_columns);

bool process_matches(const struct target_entry *e, const char *filter)
{
	char line[1024] = "", words[256], *rest = words, *word;
	size_t len = 0;

	for (size_t i = 0; i < n_process_columns && len < sizeof(line); i++) {
		process_columns[i].text(line + len, sizeof(line) - len, e);
		len += strlen(line + len);
		if (len + 1 < sizeof(line))
			line[len++] = ' ';
	}
	line[len < sizeof(line) ? len : sizeof(line) - 1] = '\0';
	snprintf(words, sizeof(words), "%s", filter);
	while ((word = strsep(&rest, " ")))
		if (!strcasestr(line, word))
			return false;
	return true;
}

/* ---- the thread ------------------------------------------------------------------------------- */

struct processes {
	uint64_t interval;
	int fd;
	pthread_mutex_t lock;
	pthread_cond_t wanted;
	/* Under the lock: */
	bool paused;
	struct process_list *newest;
};

static struct process_list *copy_list(const struct targets *t)
{
	size_t n;
	const struct target_entry *v = targets_get(t, &n);
	struct process_list *list = malloc(sizeof(*list) + n * sizeof(*v));

	if (!list)
		return NULL;
	list->unreadable = targets_unreadable(t);
	list->n = n;
	if (n)
		memcpy(list->v, v, n * sizeof(*v));
	return list;
}

static void publish(struct processes *p, struct process_list *list)
{
	uint64_t one = 1;
	ssize_t ignored;

	pthread_mutex_lock(&p->lock);
	free(p->newest);
	p->newest = list;
	pthread_mutex_unlock(&p->lock);
	ignored = write(p->fd, &one, sizeof(one));
	(void)ignored; /* it can only be full, and then it is readable already */
}

static void wait_until_wanted(struct processes *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->paused)
		pthread_cond_wait(&p->wanted, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

static void *refresher(void *arg)
{
	struct processes *p = arg;
	struct targets *t = targets_new();
	/* The first shares of CPU come soon, the later ones with the interval. */
	uint64_t wait = 300 * NSEC_PER_MSEC;

	prctl(PR_SET_NAME, "processes");
	while (t) {
		struct process_list *list;

		wait_until_wanted(p);
		if (targets_refresh(t) < 0)
			log_add(LOG_WARNING, "the list of processes could not be read");
		list = copy_list(t);
		if (list)
			publish(p, list);
		nanosleep(&(struct timespec){.tv_sec = (time_t)(wait / NSEC_PER_SEC),
					     .tv_nsec = (long)(wait % NSEC_PER_SEC)},
			  NULL);
		wait = p->interval;
	}
	return NULL;
}

struct processes *processes_start(uint64_t interval)
{
	struct processes *p = calloc(1, sizeof(*p));
	pthread_t thread;

	if (!p)
		return NULL;
	p->interval = interval;
	p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wanted, NULL);
	if (p->fd < 0 || pthread_create(&thread, NULL, refresher, p)) {
		if (p->fd >= 0)
			close(p->fd);
		free(p);
		return NULL;
	}
	/* It ends with the program. */
	pthread_detach(thread);
	return p;
}

void processes_pause(struct processes *p, bool paused)
{
	pthread_mutex_lock(&p->lock);
	p->paused = paused;
	pthread_cond_signal(&p->wanted);
	pthread_mutex_unlock(&p->lock);
}

int processes_fd(const struct processes *p)
{
	return p->fd;
}

struct process_list *processes_take(struct processes *p)
{
	struct process_list *list;
	uint64_t count;
	ssize_t ignored = read(p->fd, &count, sizeof(count));

	(void)ignored;
	pthread_mutex_lock(&p->lock);
	list = take_ptr(p->newest);
	pthread_mutex_unlock(&p->lock);
	return list;
}
