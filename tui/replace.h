/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that is replaced as a whole: whoever reads it finds the old content or the new one. */
#ifndef GOROUTOP_TUI_REPLACE_H
#define GOROUTOP_TUI_REPLACE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether a name can be given a new file: nothing is there yet, or a regular file. A device, a pipe
 * or a link that leads to one is written to, never replaced.
 */
bool replace_is_for(const char *path);

/* Writes beside it and renames: 0 or -errno. Follows links to what they name. */
int replace_file(const char *path, const void *p, size_t n);

#endif
