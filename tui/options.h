/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line. An option is one row of the table in options.c: parsing, --help and the manual
 * come from it.
 */
#ifndef GOROUTOP_TUI_OPTIONS_H
#define GOROUTOP_TUI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "format/format.h"
#include "model/column.h"
#include "source/session.h"
#include "tui/layout.h"

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
	const char *target; /* a PID or a name; NULL: none */
	char **command;	    /* what stands behind "--"; NULL: none */
	bool help, version, list, doctor;
	bool all, batch, kill, ascii, no_mouse, no_waker, drop, syscalls;
	uint64_t delay;	     /* ns */
	uint64_t iterations; /* 0: without end */
	struct sort_spec sort;
	const char *filter; /* it has been parsed; NULL: none */
	int columns[LAYOUT_MAX];
	size_t n_columns;	     /* 0: by themselves */
	const struct format *format; /* NULL: none was asked for */
	struct group_by group_by;    /* of --group, if `grouped` */
	bool grouped;
	struct radar_options radar;
	const char *output;
	const char *user;
	enum source_mode mode;
	uint32_t max_goroutines;
	double max_overhead; /* percent; 0: no bound */
	enum color_choice color;
};

struct option_row {
	char letter; /* 0: none */
	const char *name, *argument;
	/* Takes the argument; 0 or EXIT_USAGE in *err. NULL for an option without one … */
	int (*take)(struct options *o, const char *argument, struct err *err);
	size_t flag; /* … which sets the bool at this offset in struct options */
	const char *help;
};

extern const struct option_row option_rows[];
extern const size_t n_option_rows;

/*
 * Fills *o from the command line, defaults included; texts point into argv. EXIT_USAGE for what is
 * wrong in itself or together.
 */
int options_parse(struct options *o, int argc, char **argv, struct err *err);

enum { DELAY_LEAST_MS = 50, MAX_OVERHEAD = 5 };

/* Whether colours are wanted, for an output that is a terminal or not; honours NO_COLOR. */
bool options_color(const struct options *o, bool terminal);

#endif
