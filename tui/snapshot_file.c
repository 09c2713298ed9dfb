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

/* "goroutop-PID-TIME" and an ending, in local time, as people look for it. */
static void file_name(char *dst, size_t size, pid_t pid, const char *ending)
{
	time_t now = time(NULL);
	struct tm tm;
	char when[32];

	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%S", &tm);
	snprintf(dst, size, "goroutop-%d-%s%s", (int)pid, when, ending);
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

/* 0 and the path, or -errno and the path that it would have had. */
static int write_text(const struct app *app, const char *ending, const struct buf *text, char *path,
		      size_t size)
{
	char name[120];
	_cleanup_fd_ int fd = -1;

	file_name(name, sizeof(name), app->pid, ending);
	fd = create_somewhere(name, path, size);
	if (text->failed)
		return -ENOMEM;
	return fd < 0 || !write_all(fd, buf_str(text), text->len) ? -errno : 0;
}

static bool write_format(struct app *app, const char *format, char *path, size_t size)
{
	struct format_options options = {.sort = app->view.sort};
	_cleanup_(buf_free) struct buf text = {0};
	char ending[20];
	int r;

	format_by_name(format)->picture(&text, app->picture, &options);
	snprintf(ending, sizeof(ending), ".%s", format);
	r = write_text(app, ending, &text, path, size);
	if (r)
		app_say(app, ROLE_ERROR, "%s was not written: %s", path, strerror(-r));
	return !r;
}

void snapshot_text(struct app *app, const char *ending, const struct buf *text)
{
	char path[4096];
	int r = write_text(app, ending, text, path, sizeof(path));

	if (r) {
		app_say(app, ROLE_ERROR, "%s was not written: %s", path, strerror(-r));
		return;
	}
	app_say(app, ROLE_STATUS, "wrote %s", path);
	log_add(LOG_INFO, "wrote %s", path);
}

void snapshot_write(struct app *app)
{
	char json[4096], stacks[4096];

	if (!write_format(app, "json", json, sizeof(json)) ||
	    !write_format(app, "stacks", stacks, sizeof(stacks)))
		return;
	app_say(app, ROLE_STATUS, "wrote %s and .stacks", json);
	log_add(LOG_INFO, "wrote %s and %s", json, stacks);
}

bool snapshot_is_ready(const struct app *app)
{
	const struct picture *p = app->picture;

	if (p->n != p->matching || app->asked.count != SIZE_MAX || !p->stacks)
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (!(p->rows[i].row->flags & ROW_STACK_READ))
			return false;
	return true;
}
