// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "process/procfs.h"

ssize_t proc_read(int dirfd, const char *name, char *buf, size_t size)
{
	_cleanup_fd_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = 0;

	if (fd < 0)
		return -errno;
	while (len + 1 < size) {
		ssize_t n = read(fd, buf + len, size - 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		len += (size_t)n;
	}
	buf[len] = '\0';
	return (ssize_t)len;
}

/* The fields behind comm, numbered as in proc(5): state is 3. */
enum {
	STAT_STATE = 3,
	STAT_FLAGS = 9,
	STAT_UTIME = 14,
	STAT_STIME = 15,
	STAT_THREADS = 20,
	STAT_START = 22,
	STAT_RSS = 24,
	STAT_FIELDS = 25
};

bool proc_stat_parse(const char *text, size_t n, struct proc_stat *ret)
{
	const char *open = memchr(text, '(', n);
	const char *end = text + n;
	const char *close = memrchr(text, ')', n);
	uint64_t field[STAT_FIELDS] = {0};
	size_t len;
	const char *p;

	if (!open || !close || close < open || end - close < 4 || close[1] != ' ')
		return false;
	*ret = (struct proc_stat){.state = close[2]};
	len = (size_t)(close - open) - 1;
	if (len >= sizeof(ret->comm))
		len = sizeof(ret->comm) - 1;
	memcpy(ret->comm, open + 1, len);

	p = close + 3;
	for (int i = STAT_STATE + 1; i < STAT_FIELDS; i++) {
		char *after;

		errno = 0;
		field[i] =
			strtoull(p, &after, 10); /* negative ones (priority, nice) wrap: unused */
		if (after == p || after > end)
			return false;
		p = after;
	}
	ret->flags = (unsigned)field[STAT_FLAGS];
	ret->cpu_ticks = field[STAT_UTIME] + field[STAT_STIME];
	ret->start_ticks = field[STAT_START];
	ret->rss_pages = field[STAT_RSS];
	ret->threads = (unsigned)field[STAT_THREADS];
	return true;
}

int proc_stat_read(int dirfd, struct proc_stat *ret)
{
	char text[PROC_SMALL];
	ssize_t n = proc_read(dirfd, "stat", text, sizeof(text));

	if (n < 0)
		return (int)n;
	return proc_stat_parse(text, (size_t)n, ret) ? 0 : -EPROTO;
}

static const char *status_line(const char *status, const char *name)
{
	size_t len = strlen(name);
	const char *line = status;

	while (line && (strncmp(line, name, len) || line[len] != ':')) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return line ? line + len + 1 : NULL;
}

size_t proc_status_numbers(const char *status, const char *name, int base, uint64_t *ret,
			   size_t max)
{
	const char *p = status_line(status, name);
	size_t n = 0;

	while (p && n < max) {
		char *after;

		while (*p == ' ' || *p == '\t')
			p++;
		if (!isxdigit((unsigned char)*p))
			break;
		ret[n] = strtoull(p, &after, base);
		if (after == p)
			break;
		n++;
		p = after;
	}
	return n;
}

size_t proc_join_arguments(char *args, size_t n)
{
	while (n && !args[n - 1])
		n--;
	for (size_t i = 0; i < n; i++)
		if (!args[i])
			args[i] = ' ';
	return n;
}

uint64_t proc_ticks_ns(uint64_t ticks)
{
	static long per_second;

	if (!per_second)
		per_second = sysconf(_SC_CLK_TCK);
	return ticks * (NSEC_PER_SEC / (uint64_t)per_second);
}
