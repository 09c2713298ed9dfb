// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tui/replace.h"

bool replace_is_for(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno == ENOENT;
	return S_ISREG(st.st_mode);
}

static int write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t written = write(fd, p, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written ? -errno : -EIO;
		p += written;
		n -= (size_t)written;
	}
	return 0;
}

/* As open(2) would make it, or as the file that was there has it. */
static mode_t mode_for(const char *path)
{
	struct stat st;
	mode_t mask = umask(0);

	umask(mask);
	return stat(path, &st) ? 0666 & ~mask : st.st_mode & 0777;
}

static int write_beside(const char *path, char *beside, const void *p, size_t n)
{
	_cleanup_fd_ int fd = mkostemp(beside, O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, p, n);
	if (!r && (fchmod(fd, mode_for(path)) || rename(beside, path)))
		r = -errno;
	if (r)
		unlink(beside);
	return r;
}

int replace_file(const char *path, const void *p, size_t n)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	char beside[PATH_MAX];

	if (!real)
		real = strdup(path);
	if (!real)
		return -ENOMEM;
	if (snprintf(beside, sizeof(beside), "%s.XXXXXX", real) >= (int)sizeof(beside))
		return -ENAMETOOLONG;
	return write_beside(real, beside, p, n);
}
