/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls everything that reads an executable, on a file that may say anything. */
#ifndef GOROUTOP_TESTS_GOLANG_EXERCISE_H
#define GOROUTOP_TESTS_GOLANG_EXERCISE_H

#include <stdlib.h>
#include <string.h>

#include "golang/executable.h"
#include "golang/globals.h"
#include "golang/sites.h"

/* Reads every byte of a text that the library returned: a sanitizer sees where it ends. */
static inline size_t exercise_text(const char *s)
{
	return s ? strlen(s) : 0;
}

static inline void exercise_pc(const struct go_exe *x, uint64_t pc)
{
	struct go_frame frames[8];
	struct go_func f;
	struct go_line line;
	int32_t depth;
	size_t n = go_frames_at(x, pc, frames, 8);

	for (size_t i = 0; i < n && i < 8; i++) {
		exercise_text(frames[i].function);
		exercise_text(frames[i].line.file);
	}
	if (go_func_at(x, pc, &f))
		exercise_text(f.name);
	if (go_line_at(x, pc, &line))
		exercise_text(line.file);
	go_spdelta_at(x, pc, &depth);
}

static inline void exercise_tables(struct go_exe *x)
{
	const struct go_exe_info *info = go_exe_info(x);
	struct go_global_place places[GG_COUNT];
	struct go_site *sites = NULL;
	struct go_range ranges[4];
	struct layout layout;
	struct go_func f;
	struct err err;
	size_t n;

	exercise_text(info->main_module);
	exercise_text(info->pclntab_from);
	go_func_find(x, "main.main", &f);
	go_exe_writable(x, ranges, 4);
	go_globals_find(x, places);
	if (!go_exe_layout(x, &layout, &err))
		for (int i = 0; i < layout.n_wait_reasons; i++)
			exercise_text(layout.wait_reasons[i]);
	if (!go_sites_find(x, &sites, &n, &err))
		free(sites);
}

/* True: it was taken for a Go executable that can be watched. */
static inline bool exercise(int fd)
{
	struct go_exe_info peek;
	struct go_exe *x;
	struct err err;
	uint64_t lo, step;

	go_exe_peek(fd, &peek);
	if (go_exe_open(&x, fd, &err))
		return false;
	exercise_tables(x);
	lo = go_exe_info(x)->text;
	step = (go_exe_info(x)->etext - lo) / 64 + 1;
	for (int i = -1; i <= 65; i++)
		exercise_pc(x, lo + i * step);
	go_exe_close(x);
	return true;
}

#endif
