/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys. A key is one row of the table in keys.c: dispatch, bottom bar, help screen and manual all
 * come from it. Pure: knows no curses; terminal.c translates what the terminal sends.
 */
#ifndef GOROUTOP_TUI_KEYS_H
#define GOROUTOP_TUI_KEYS_H

#include <stddef.h>
#include <stdint.h>

/* What was pressed: a character (its code point), or one of these. */
enum key_code {
	K_NONE = 0,
	K_TAB = '\t',
	K_SPACE = ' ',
	K_SPECIAL = 0x110000, /* above the last code point */
	K_ENTER,
	K_ESCAPE,
	K_BACKSPACE,
	K_DELETE,
	K_UP,
	K_DOWN,
	K_LEFT,
	K_RIGHT,
	K_PAGE_UP,
	K_PAGE_DOWN,
	K_HOME,
	K_END,
	K_POINTER, /* the mouse: see struct event */
	K_OTHER,   /* something that nobody here knows */
	K_FN,	   /* K_FN + 1: F1 … K_FN + 12: F12 */
};

#define K_F(n)	       (K_FN + (n))
#define K_CTRL(letter) ((uint32_t)((letter)&0x1f))

/* Where a key holds: bits of key.where, one for each kind of screen. */
enum key_where {
	WHERE_TABLE = 1 << 0,
	WHERE_DETAIL = 1 << 1,
	WHERE_PICKER = 1 << 2,
	WHERE_TEXT = 1 << 3, /* help, log: something to scroll */
	WHERE_SORT = 1 << 4, /* the menu of sort columns */
	WHERE_COLUMNS = 1 << 5,
	WHERE_GROUPS = 1 << 6,
	WHERE_SCHEDULER = 1 << 7,
	WHERE_BLOCKED = 1 << 8,
	WHERE_VIEWS = WHERE_TABLE | WHERE_GROUPS | WHERE_SCHEDULER | WHERE_BLOCKED,
	WHERE_WATCHING = WHERE_VIEWS | WHERE_DETAIL,
	WHERE_GROUP_BY = 1 << 9, /* the menu of what to group by */
	WHERE_ANY = (1 << 10) - 1,
};

enum action {
	ACT_NONE,
	ACT_UP,
	ACT_DOWN,
	ACT_LEFT,
	ACT_RIGHT,
	ACT_PAGE_UP,
	ACT_PAGE_DOWN,
	ACT_HOME,
	ACT_END,
	ACT_ENTER,
	ACT_TOGGLE,
	ACT_EARLIER,
	ACT_LATER,
	ACT_BACK,
	ACT_HELP,
	ACT_SEARCH,
	ACT_FILTER,
	ACT_SORT_MENU,
	ACT_INVERT,
	ACT_SORT_STATE,
	ACT_SORT_AGE,
	ACT_SORT_THREAD,
	ACT_SORT_RUN,
	ACT_TABLE,
	ACT_GROUPS,
	ACT_GROUP_BY,
	ACT_TREE,
	ACT_TREE_FOLD,
	ACT_TREE_UNFOLD,
	ACT_SCHEDULER,
	ACT_BLOCKED,
	ACT_PICKER,
	ACT_PAUSE,
	ACT_FOLLOW,
	ACT_SYSTEM,
	ACT_COLUMNS,
	ACT_FASTER,
	ACT_SLOWER,
	ACT_SNAPSHOT,
	ACT_UNFOLD,
	ACT_LOG,
	ACT_LEAVE,
	ACT_QUIT,
};

enum key_group { KEYS_MOVE, KEYS_LOOK, KEYS_ORDER, KEYS_WATCH, KEYS_PROGRAM, KEYS_GROUPS };

struct key {
	uint32_t codes[3]; /* unused ones are K_NONE */
	const char *label; /* how the help screen and the manual name it: "F4 /" */
	enum action action;
	enum key_group group;
	unsigned where;	  /* bits of enum key_where */
	const char *bar;  /* its word in the bottom bar; NULL: it has no place there */
	const char *help; /* NULL: the row before tells it too */
};

extern const struct key keys[];
extern const size_t n_keys;

const char *key_group_name(enum key_group group);

/* What a key does on a screen of this kind; ACT_NONE when nothing. */
enum action key_action(uint32_t code, unsigned where);

/* How the bottom bar names a key: the first word of its label ("F1", "a"). */
size_t key_label_first(const struct key *k);

#endif
