/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Colours: what a text means (its role) × what the terminal can (the scheme) → attributes. */
#ifndef GOROUTOP_TUI_THEME_H
#define GOROUTOP_TUI_THEME_H

#include <stdbool.h>
#include <stdint.h>

#include "model/column.h"

enum role {
	ROLE_TEXT,
	ROLE_STRONG,
	ROLE_DIM,
	ROLE_ACCENT,
	ROLE_TITLE, /* the top line … */
	ROLE_TITLE_NAME,
	ROLE_WARNING, /* … and what it warns of, never used for anything else in the header */
	ROLE_RUNNING,
	ROLE_RUNNABLE,
	ROLE_LATE, /* runnable for too long */
	ROLE_SYSCALL,
	ROLE_WAITING,
	ROLE_OTHER,
	ROLE_BAR_WAITING, /* of the summary's bar: most of it, so it steps back */
	ROLE_GRAPH,
	ROLE_AGE_LONG,
	ROLE_AGE_VERY_LONG,
	ROLE_HEAD, /* the line of column titles */
	ROLE_HEAD_SORTED,
	ROLE_KEY, /* the bottom bar */
	ROLE_KEY_WORD,
	ROLE_STATUS,
	ROLE_PROMPT,
	ROLE_ERROR,
	ROLE_MARK, /* what a search found */
	ROLES
};

/* How a whole row is shown. */
enum row_style {
	ROW_STYLE_PLAIN,
	ROW_STYLE_SELECTED,
	ROW_STYLE_FOLLOWED,
	ROW_STYLE_NEW,
	ROW_STYLE_ENDED,
	ROW_STYLE_SYSTEM,
};

/* Once, after curses has started: sets up the pairs. Without colours attributes have to do. */
void theme_start(bool color);
bool theme_has_colors(void);

/* The curses attribute of a role in a row of that style. */
unsigned long theme_attribute(enum role role, enum row_style style);

enum role theme_cell_role(enum cell_role role);

/* The role of a state (enum gstatus). */
enum role theme_state_role(uint8_t state);

#endif
