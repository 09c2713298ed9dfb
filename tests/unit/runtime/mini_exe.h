/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A made-up executable, opened as a real one. Included behind cmocka.h. */
#ifndef GOROUTOP_TESTS_RUNTIME_MINI_EXE_H
#define GOROUTOP_TESTS_RUNTIME_MINI_EXE_H

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../golang/mini_go.h"
#include "golang/executable.h"

/* Takes m. */
static inline struct go_exe *mini_exe_open(struct mini_go *m)
{
	int fd = memfd_create("mini", MFD_CLOEXEC);
	struct go_exe *x = NULL;
	struct err err = {0};

	assert_int_equal(write(fd, m->file, sizeof(m->file)), sizeof(m->file));
	if (go_exe_open(&x, fd, &err))
		fail_msg("%s", err.text);
	close(fd);
	free(m);
	return x;
}

#endif
