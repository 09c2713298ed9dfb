// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The files are the kernel's (Documentation/admin-guide/cgroup-v2.rst, scheduler/sched-bwc.rst). A
 * path may be the target's doing: it is used below the mount alone, and never with "..".
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "process/cgroup.h"
#include "process/procfs.h"

enum { PATH_SIZE = 4096, MOUNTS_MAX = 1 << 20 };

/* ---- where they are mounted ------------------------------------------------------------------- */

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += n)
		if ((at == list || at[-1] == ',') && (!at[n] || at[n] == ',' || at[n] == ' '))
			return true;
	return false;
}

/* A line of mountinfo: "36 35 98:0 ROOT MOUNT options… - TYPE source super-options". */
static bool parse_mount(char *line, struct cgroup_mount *ret, char mount[PATH_SIZE])
{
	char *tail = strstr(line, " - "), *type, *super;

	if (!tail || sscanf(line, "%*s %*s %*s %4095s %4095s", ret->root, mount) != 2)
		return false;
	type = tail + 3;
	super = strchr(type, ' ');
	super = super ? strchr(super + 1, ' ') : NULL;
	if (!strncmp(type, "cgroup2 ", 8))
		ret->v1 = false;
	else if (!strncmp(type, "cgroup ", 7) && super && has_word(super + 1, "cpu"))
		ret->v1 = true;
	else
		return false;
	return true;
}

/* On systems with both hierarchies the cpu controller is in the old one. */
static void take_mount(struct cgroup_mount *best, const struct cgroup_mount *m, const char *path)
{
	int fd;

	if (best->fd >= 0 && (best->v1 || !m->v1))
		return;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (best->fd >= 0)
		close(best->fd);
	*best = *m;
	best->fd = fd;
}

void cgroup_mount_find(struct cgroup_mount *ret)
{
	_cleanup_free_ char *text = malloc(MOUNTS_MAX);
	struct cgroup_mount m = {.fd = -1};
	char mount[PATH_SIZE], *rest = text, *line;

	*ret = m;
	if (!text || proc_read(AT_FDCWD, "/proc/self/mountinfo", text, MOUNTS_MAX) <= 0)
		return;
	while ((line = strsep(&rest, "\n")))
		if (parse_mount(line, &m, mount))
			take_mount(ret, &m, mount);
}

void cgroup_mount_close(struct cgroup_mount *m)
{
	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
}

/* ---- whose ------------------------------------------------------------------------------------ */

bool cgroup_path_parse(const char *text, bool v1, char *dst, size_t size)
{
	while (*text) {
		const char *end = text + strcspn(text, "\n");
		const char *list = memchr(text, ':', (size_t)(end - text));
		const char *path = list ? memchr(list + 1, ':', (size_t)(end - list - 1)) : NULL;
		char controllers[256];

		if (path) {
			snprintf(controllers, sizeof(controllers), "%.*s", (int)(path - list - 1),
				 list + 1);
			if (v1 ? has_word(controllers, "cpu") : !controllers[0]) {
				snprintf(dst, size, "%.*s", (int)(end - path - 1), path + 1);
				return dst[0] == '/' && (size_t)(end - path - 1) < size;
			}
		}
		text = *end ? end + 1 : end;
	}
	return false;
}

/* ---- what it may ------------------------------------------------------------------------------ */

static bool read_file(int dirfd, const char *dir, const char *name, char *text, size_t size)
{
	char path[PATH_SIZE + 64];

	snprintf(path, sizeof(path), "%s%s%s", dir, *dir ? "/" : "", name);
	return proc_read(dirfd, path, text, size) > 0;
}

/* The number behind "key" at the beginning of a line; 0 when there is none. */
static uint64_t number_of(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *at = text; at; at = strchr(at, '\n'), at = at ? at + 1 : NULL)
		if (!strncmp(at, key, n) && at[n] == ' ')
			return strtoull(at + n, NULL, 10);
	return 0;
}

/* CPUs; 0: no bound. False: there is no such file (the root has none). */
static bool read_quota(const struct cgroup_mount *m, const char *dir, double *ret)
{
	char text[128], period[64] = "";
	long long quota = -1, of = 0;

	*ret = 0;
	if (m->v1) {
		if (!read_file(m->fd, dir, "cpu.cfs_quota_us", text, sizeof(text)) ||
		    !read_file(m->fd, dir, "cpu.cfs_period_us", period, sizeof(period)))
			return false;
		quota = atoll(text);
		of = atoll(period);
	} else {
		if (!read_file(m->fd, dir, "cpu.max", text, sizeof(text)))
			return false;
		if (sscanf(text, "%lld %lld", &quota, &of) != 2)
			return true; /* "max 100000" */
	}
	if (quota > 0 && of > 0)
		*ret = (double)quota / (double)of;
	return true;
}

static void read_level(const struct cgroup_mount *m, const char *dir, struct cgroup_cpu *ret)
{
	char text[PROC_SMALL];
	double quota;

	if (!read_quota(m, dir, &quota))
		return;
	ret->known = true;
	if (quota == 0 || (ret->quota > 0 && quota >= ret->quota) ||
	    !read_file(m->fd, dir, "cpu.stat", text, sizeof(text)))
		return;
	ret->quota = quota;
	ret->periods = number_of(text, "nr_periods");
	ret->throttled = number_of(text, "nr_throttled");
	ret->throttled_ns = m->v1 ? number_of(text, "throttled_time")
				  : number_of(text, "throttled_usec") * 1000;
}

/* From the cgroup itself up to the mount. */
void cgroup_cpu_read_path(const struct cgroup_mount *m, const char *path, struct cgroup_cpu *ret)
{
	char dir[PATH_SIZE];

	*ret = (struct cgroup_cpu){0};
	if (m->fd < 0 || strstr(path, "/..") || strlen(path) >= sizeof(dir))
		return;
	snprintf(dir, sizeof(dir), "%s", path + strspn(path, "/"));
	for (;;) {
		char *slash = strrchr(dir, '/');

		read_level(m, dir, ret);
		if (!dir[0])
			return;
		*(slash ? slash : dir) = '\0';
	}
}

void cgroup_cpu_read(const struct cgroup_mount *m, const struct process *p, struct cgroup_cpu *ret)
{
	char text[PROC_STATUS], path[PATH_SIZE];
	size_t root = strlen(m->root);

	*ret = (struct cgroup_cpu){0};
	if (m->fd < 0 || proc_read(p->proc_fd, "cgroup", text, sizeof(text)) <= 0 ||
	    !cgroup_path_parse(text, m->v1, path, sizeof(path)))
		return;
	/* In a container a part of the hierarchy may be mounted, and paths begin above it. */
	if (root > 1 && (strncmp(path, m->root, root) || (path[root] && path[root] != '/')))
		return;
	cgroup_cpu_read_path(m, path + (root > 1 ? root : 0), ret);
}
