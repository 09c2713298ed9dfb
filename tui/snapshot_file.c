// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "format/format.h"
#include "tui/app.h"
#include "tui/snapshot_file.h"

/* "goroutop-PID-TIME.json", in local time, as people look for it. */
static void file_name(char *dst, size_t size, pid_t pid)
{
	time_t now = time(NULL);
	struct tm tm;
	char when[32];

	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%S", &tm);
	snprintf(dst, size, "goroutop-%d-%s.json", (int)pid, when);
}

/* Never over a file that is there, never through a link that somebody laid. */
static int create(const char *directory, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s%s%s", directory, *directory ? "/" : "", name);
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
}

/* Here, or where everybody may write: a tool run as root often stands in a user's directory. */
static int create_somewhere(const char *name, char *path, size_t size)
{
	const char *tmp = getenv("TMPDIR");
	int fd = create("", name, path, size);

	if (fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM))
		fd = create(tmp && *tmp ? tmp : "/tmp", name, path, size);
	return fd;
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t written = write(fd, p, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		p += written;
		n -= (size_t)written;
	}
	return true;
}

void snapshot_write(struct app *app)
{
	const struct format *json = format_by_name("json");
	struct format_options options = {.sort = app->view.sort};
	_cleanup_(buf_free) struct buf text = {0};
	char name[80], path[4096];
	_cleanup_fd_ int fd = -1;

	json->picture(&text, app->picture, &options);
	file_name(name, sizeof(name), app->pid);
	fd = create_somewhere(name, path, sizeof(path));
	if (fd < 0 || text.failed || !write_all(fd, buf_str(&text), text.len)) {
		app_say(app, ROLE_ERROR, "%s was not written: %s", path,
			text.failed ? "out of memory" : strerror(errno));
		return;
	}
	app_say(app, ROLE_STATUS, "wrote %s", path);
	log_add(LOG_INFO, "wrote %s", path);
}
