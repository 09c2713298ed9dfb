// SPDX-License-Identifier: GPL-2.0-or-later
#include <curses.h>

#include "base/cleanup.h"
#include "tui/theme.h"

/* One look: colours (−1: the terminal's own) and attributes. */
struct look {
	short fg, bg;
	attr_t attr;
};

/*
 * 256: the fixed part of the palette (16 … 255), the same everywhere; tones that stand out on dark
 * and light ground alike wherever the ground is the terminal's own. 16: the terminal's palette; on
 * 8 colours the bright ones become bold. Selected: the foreground on the bar of the selected row.
 */
struct scheme_row {
	struct look c256, c16;
	short selected256;
	attr_t mono;
};

static const struct scheme_row scheme[ROLES] = {
	[ROLE_TEXT] = {{-1, -1, 0}, {-1, -1, 0}, 231, 0},
	[ROLE_STRONG] = {{-1, -1, A_BOLD}, {-1, -1, A_BOLD}, 231, A_BOLD},
	[ROLE_DIM] = {{245, -1, 0}, {8, -1, 0}, 252, A_DIM},
	[ROLE_ACCENT] = {{38, -1, 0}, {6, -1, 0}, 159, A_BOLD},
	[ROLE_TITLE] = {{254, 24, 0}, {0, 6, 0}, 231, A_REVERSE},
	[ROLE_TITLE_NAME] = {{231, 24, A_BOLD}, {15, 6, A_BOLD}, 231, A_REVERSE | A_BOLD},
	[ROLE_WARNING] = {{231, 124, A_BOLD}, {15, 1, A_BOLD}, 231, A_BOLD},
	[ROLE_RUNNING] = {{34, -1, A_BOLD}, {10, -1, 0}, 120, A_BOLD},
	[ROLE_RUNNABLE] = {{178, -1, 0}, {11, -1, 0}, 228, A_BOLD},
	[ROLE_LATE] = {{208, -1, A_BOLD}, {3, -1, A_BOLD}, 215, A_BOLD | A_UNDERLINE},
	[ROLE_SYSCALL] = {{33, -1, 0}, {12, -1, 0}, 153, 0},
	[ROLE_WAITING] = {{-1, -1, 0}, {-1, -1, 0}, 231, 0},
	[ROLE_OTHER] = {{134, -1, 0}, {13, -1, 0}, 219, 0},
	[ROLE_BAR_WAITING] = {{242, -1, 0}, {8, -1, 0}, 252, A_DIM},
	[ROLE_GRAPH] = {{38, -1, 0}, {6, -1, 0}, 159, 0},
	[ROLE_AGE_LONG] = {{-1, -1, A_BOLD}, {-1, -1, A_BOLD}, 231, A_BOLD},
	[ROLE_AGE_VERY_LONG] = {{203, -1, A_BOLD}, {9, -1, A_BOLD}, 217, A_BOLD},
	[ROLE_HEAD] = {{252, 238, 0}, {0, 2, 0}, 231, A_REVERSE},
	[ROLE_HEAD_SORTED] = {{231, 31, A_BOLD}, {0, 6, 0}, 231, A_REVERSE | A_BOLD},
	[ROLE_KEY] = {{-1, -1, A_BOLD}, {-1, -1, 0}, 231, A_BOLD},
	[ROLE_KEY_WORD] = {{254, 24, 0}, {0, 6, 0}, 231, A_REVERSE},
	[ROLE_STATUS] = {{16, 178, 0}, {0, 3, 0}, 231, A_REVERSE | A_BOLD},
	[ROLE_PROMPT] = {{231, 236, 0}, {-1, -1, A_BOLD}, 231, A_BOLD},
	[ROLE_ERROR] = {{203, -1, A_BOLD}, {9, -1, A_BOLD}, 217, A_BOLD},
	[ROLE_MARK] = {{16, 178, 0}, {0, 3, 0}, 228, A_REVERSE},
};

enum { SELECTED_256 = 25, FOLLOWED_256 = 53 };

static enum { SCHEME_MONO, SCHEME_8, SCHEME_16, SCHEME_256 } kind;

/* Pairs: 1 … ROLES of roles, then ROLES for selected rows, then as many for followed ones. */
static short pair_of(enum role role, unsigned block)
{
	return (short)(1 + (unsigned)role + block * ROLES);
}

static short narrow(short color)
{
	return kind == SCHEME_8 && color > 7 ? (short)(color - 8) : color;
}

static void set_pairs(enum role role)
{
	const struct scheme_row *row = &scheme[role];

	if (kind == SCHEME_256) {
		init_pair(pair_of(role, 0), row->c256.fg, row->c256.bg);
		init_pair(pair_of(role, 1), row->selected256, SELECTED_256);
		init_pair(pair_of(role, 2), row->selected256, FOLLOWED_256);
		return;
	}
	/* Grey has no place among eight colours: dimmed plain text stands for it. */
	init_pair(pair_of(role, 0), kind == SCHEME_8 && row->c16.fg == 8 ? -1 : narrow(row->c16.fg),
		  narrow(row->c16.bg));
}

/* The two bars of 8 and 16 colours, whatever the role: black on cyan, black on yellow. */
enum { PAIR_SELECTED = 1 + ROLES, PAIR_FOLLOWED };

void theme_start(bool color)
{
	kind = SCHEME_MONO;
	if (!color || !has_colors() || start_color() == ERR || COLORS < 8 ||
	    COLOR_PAIRS < PAIR_FOLLOWED + 1)
		return;
	use_default_colors();
	kind = COLORS >= 256 && COLOR_PAIRS > 3 * ROLES + 1 ? SCHEME_256
	       : COLORS >= 16				    ? SCHEME_16
							    : SCHEME_8;
	if (kind != SCHEME_256) {
		init_pair(PAIR_SELECTED, COLOR_BLACK, COLOR_CYAN);
		init_pair(PAIR_FOLLOWED, COLOR_BLACK, COLOR_YELLOW);
	}
	for (int role = 0; role < ROLES; role++)
		set_pairs((enum role)role);
}

bool theme_has_colors(void)
{
	return kind != SCHEME_MONO;
}

static attr_t bar_attribute(enum role role, bool followed)
{
	if (kind == SCHEME_MONO)
		return A_REVERSE | (followed ? A_BOLD : 0);
	if (kind == SCHEME_256)
		return (attr_t)COLOR_PAIR(pair_of(role, followed ? 2 : 1)) |
		       (scheme[role].c256.attr & A_BOLD);
	return (attr_t)COLOR_PAIR(followed ? PAIR_FOLLOWED : PAIR_SELECTED);
}

static attr_t plain_attribute(enum role role)
{
	const struct scheme_row *row = &scheme[role];
	attr_t attr = (attr_t)COLOR_PAIR(pair_of(role, 0));

	if (kind == SCHEME_MONO)
		return row->mono;
	if (kind == SCHEME_256)
		return attr | row->c256.attr;
	attr |= row->c16.attr;
	if (kind == SCHEME_8 && row->c16.fg > 7)
		attr |= row->c16.fg == 8 ? A_DIM : A_BOLD;
	return attr;
}

unsigned long theme_attribute(enum role role, enum row_style style)
{
	bool colorless = role == ROLE_TEXT || role == ROLE_WAITING || role == ROLE_AGE_LONG;

	switch (style) {
	case ROW_STYLE_SELECTED:
	case ROW_STYLE_FOLLOWED:
		return bar_attribute(role, style == ROW_STYLE_FOLLOWED);
	case ROW_STYLE_NEW:
		return plain_attribute(role) | A_BOLD;
	case ROW_STYLE_ENDED:
		return plain_attribute(ROLE_DIM);
	case ROW_STYLE_SYSTEM:
		return plain_attribute(colorless ? ROLE_DIM : role);
	default:
		return plain_attribute(role);
	}
}

enum role theme_cell_role(enum cell_role role)
{
	static const enum role roles[CELL_ROLES] = {
		[CELL_PLAIN] = ROLE_TEXT,
		[CELL_UNKNOWN] = ROLE_DIM,
		[CELL_RUNNING] = ROLE_RUNNING,
		[CELL_RUNNABLE] = ROLE_RUNNABLE,
		[CELL_RUNNABLE_LATE] = ROLE_LATE,
		[CELL_SYSCALL] = ROLE_SYSCALL,
		[CELL_WAITING] = ROLE_WAITING,
		[CELL_OTHER] = ROLE_OTHER,
		[CELL_AGE_LONG] = ROLE_AGE_LONG,
		[CELL_AGE_VERY_LONG] = ROLE_AGE_VERY_LONG,
		[CELL_DIM] = ROLE_DIM,
	};

	return role < CELL_ROLES ? roles[role] : ROLE_TEXT;
}

enum role theme_state_role(uint8_t state)
{
	switch (state) {
	case GS_RUNNING:
		return ROLE_RUNNING;
	case GS_RUNNABLE:
		return ROLE_RUNNABLE;
	case GS_SYSCALL:
		return ROLE_SYSCALL;
	case GS_WAITING:
	case GS_LEAKED:
		return ROLE_WAITING;
	default:
		return ROLE_OTHER;
	}
}
