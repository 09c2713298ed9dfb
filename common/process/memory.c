// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "process/denied.h"
#include "process/memory.h"

/* ---- a live process --------------------------------------------------------------------------- */

#define USER_END (1ull << 63)

struct memory_live {
	struct memory m;
	int fd;
};

static ssize_t live_read(const struct memory *m, uint64_t addr, void *dst, size_t n)
{
	const struct memory_live *live = (const struct memory_live *)m;
	size_t got = 0;

	/* The upper half is the kernel's, and no offset that pread(2) would take. */
	if (addr >= USER_END)
		return 0;
	if (n > USER_END - addr)
		n = (size_t)(USER_END - addr);
	while (got < n) {
		ssize_t r = pread(live->fd, (char *)dst + got, n - got, (off_t)(addr + got));

		if (r > 0) {
			got += (size_t)r;
			continue;
		}
		if (r < 0 && errno == EINTR)
			continue;
		if (got || (r < 0 && errno == EIO))
			break; /* unmapped here, or a page that can't be had now (userfaultfd) */
		return r < 0 ? -errno : -ESRCH; /* end of file: the address space is gone */
	}
	return (ssize_t)got;
}

static void live_close(struct memory *m)
{
	struct memory_live *live = (struct memory_live *)m;

	close(live->fd);
	free(live);
}

static int refused(const struct process *p, int errnum, struct err *err)
{
	char why[600];

	if (errnum == ENOENT || errnum == ESRCH)
		return err_set(err, EXIT_TARGET, ESRCH, "process %d (%s) has ended", (int)p->pid,
			       p->comm);
	if (errnum != EACCES && errnum != EPERM)
		return err_set(err, EXIT_FAILED, errnum, "/proc/%d/mem: %s", (int)p->pid,
			       strerror(errnum));
	denied_explain(why, sizeof(why), p->proc_fd, DENIED_ATTACH);
	return err_set(err, EXIT_PERMISSION, errnum,
		       "no permission to read the memory of process %d (%s): %s", (int)p->pid,
		       p->comm, why);
}

int memory_open(struct memory **ret, const struct process *p, struct err *err)
{
	_cleanup_fd_ int fd = openat(p->proc_fd, "mem", O_RDONLY | O_CLOEXEC);
	struct memory_live *live;

	if (fd < 0)
		return refused(p, errno, err);
	/* It is the memory of whatever ran when it was opened: that must still be what p was. */
	if (process_life(p) != PROCESS_ALIVE)
		return err_set(err, EXIT_TARGET, ESRCH,
			       "process %d (%s) has ended or replaced its executable", (int)p->pid,
			       p->comm);
	live = malloc(sizeof(*live));
	if (!live)
		return err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
	*live = (struct memory_live){{live_read, live_close}, take_fd(&fd)};
	*ret = &live->m;
	return 0;
}

void memory_close(struct memory *m)
{
	if (m)
		m->close(m);
}

int memory_read_all(const struct memory *m, uint64_t addr, void *dst, size_t n)
{
	ssize_t r = memory_read(m, addr, dst, n);

	if (r < 0)
		return (int)r;
	return (size_t)r == n ? 0 : -EFAULT;
}

/* ---- an image --------------------------------------------------------------------------------- */

struct memory_image {
	struct memory m;
	size_t n;
	struct memory_piece piece[];
};

/* The bytes at addr and how many follow them in that piece; NULL: unmapped. */
static const char *image_at(const struct memory_image *image, uint64_t addr, size_t *left)
{
	for (size_t i = 0; i < image->n; i++) {
		const struct memory_piece *p = &image->piece[i];

		if (addr < p->base || addr - p->base >= p->n)
			continue;
		*left = p->n - (size_t)(addr - p->base);
		return (const char *)p->bytes + (addr - p->base);
	}
	return NULL;
}

static ssize_t image_read(const struct memory *m, uint64_t addr, void *dst, size_t n)
{
	size_t got = 0, left;

	while (got < n && addr + got >= addr) {
		const char *from = image_at((const struct memory_image *)m, addr + got, &left);

		if (!from)
			break;
		if (left > n - got)
			left = n - got;
		memcpy((char *)dst + got, from, left);
		got += left;
	}
	return (ssize_t)got;
}

static void image_close(struct memory *m)
{
	free(m);
}

struct memory *memory_image_new(const struct memory_piece *pieces, size_t n)
{
	struct memory_image *image = malloc(sizeof(*image) + n * sizeof(*pieces));

	if (!image)
		return NULL;
	image->m = (struct memory){image_read, image_close};
	image->n = n;
	if (n)
		memcpy(image->piece, pieces, n * sizeof(*pieces));
	return &image->m;
}
