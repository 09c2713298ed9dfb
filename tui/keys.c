// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "tui/keys.h"

/*
 * The order is that of the help screen and, for those with a word for it, of the bottom bar: what
 * finds no room there is left out from the end.
 */
const struct key keys[] = {
	/* clang-format off: one row, one line */
	{{K_F(1), '?'},
	 "F1 ?",
	 ACT_HELP,
	 KEYS_PROGRAM,
	 WHERE_WATCHING | WHERE_PICKER,
	 "Help",
	 "this help"},

	{{K_UP}, "↑ ↓", ACT_UP, KEYS_MOVE, WHERE_ANY, NULL, "one row up, down"},
	{{K_DOWN}, "↓", ACT_DOWN, KEYS_MOVE, WHERE_ANY, NULL, NULL},
	{{K_PAGE_UP}, "PgUp PgDn", ACT_PAGE_UP, KEYS_MOVE, WHERE_ANY, NULL, "one page up, down"},
	{{K_PAGE_DOWN}, "PgDn", ACT_PAGE_DOWN, KEYS_MOVE, WHERE_ANY, NULL, NULL},
	{{K_HOME}, "Home End", ACT_HOME, KEYS_MOVE, WHERE_ANY, NULL, "to the first row, the last"},
	{{K_END}, "End", ACT_END, KEYS_MOVE, WHERE_ANY, NULL, NULL},
	{{K_LEFT},
	 "← →",
	 ACT_LEFT,
	 KEYS_MOVE,
	 WHERE_TABLE | WHERE_GROUPS,
	 NULL,
	 "columns that found no room, and back"},
	{{K_RIGHT}, "→", ACT_RIGHT, KEYS_MOVE, WHERE_TABLE | WHERE_GROUPS, NULL, NULL},

	{{K_ENTER}, "Enter", ACT_ENTER, KEYS_LOOK, WHERE_TABLE, NULL, "details of the goroutine"},
	{{K_ENTER},
	 "Enter",
	 ACT_ENTER,
	 KEYS_LOOK,
	 WHERE_PICKER,
	 "Attach",
	 "in the list of processes: watch this one"},
	{{K_ENTER},
	 "Enter",
	 ACT_ENTER,
	 KEYS_LOOK,
	 WHERE_GROUPS,
	 "Members",
	 "in the list of groups: the goroutines of this one"},
	{{K_ENTER}, "Enter", ACT_ENTER, KEYS_LOOK, WHERE_SORT, "Sort", NULL},
	{{K_ENTER}, "Enter", ACT_ENTER, KEYS_LOOK, WHERE_COLUMNS, "Done", NULL},
	{{K_SPACE}, "Space", ACT_TOGGLE, KEYS_LOOK, WHERE_COLUMNS, "Show/hide", NULL},
	{{K_LEFT}, "←", ACT_EARLIER, KEYS_LOOK, WHERE_COLUMNS, "Earlier", NULL},
	{{K_RIGHT}, "→", ACT_LATER, KEYS_LOOK, WHERE_COLUMNS, "Later", NULL},
	{{K_F(3)},
	 "F3",
	 ACT_SEARCH,
	 KEYS_LOOK,
	 WHERE_TABLE,
	 "Search",
	 "search: go to the next row with this text"},
	{{K_F(4), '/'},
	 "F4 /",
	 ACT_FILTER,
	 KEYS_LOOK,
	 WHERE_TABLE | WHERE_GROUPS,
	 "Filter",
	 "filter: show only what matches"},
	{{K_F(4), '/'}, "F4 /", ACT_FILTER, KEYS_LOOK, WHERE_PICKER, "Filter", NULL},
	{{'R'},
	 "R",
	 ACT_SYSTEM,
	 KEYS_LOOK,
	 WHERE_WATCHING,
	 NULL,
	 "the runtime's own goroutines too, or not"},
	{{'c'}, "c", ACT_COLUMNS, KEYS_LOOK, WHERE_TABLE, NULL, "choose the columns"},
	{{'1'}, "1", ACT_TABLE, KEYS_LOOK, WHERE_ANY, "Table", "the table of goroutines"},
	{{'2'},
	 "2",
	 ACT_GROUPS,
	 KEYS_LOOK,
	 WHERE_ANY,
	 "Groups",
	 "groups: what they have in common, and which of them may leak"},
	{{'g'},
	 "g",
	 ACT_GROUP_BY,
	 KEYS_LOOK,
	 WHERE_GROUPS,
	 "Group by",
	 "group by creation site, state, reason …"},
	{{'g'}, "g", ACT_GROUP_BY, KEYS_LOOK, WHERE_TABLE, NULL, NULL},
	{{'3'},
	 "3",
	 ACT_SCHEDULER,
	 KEYS_LOOK,
	 WHERE_WATCHING,
	 "Sched",
	 "the scheduler: latency, Ps, queues"},

	{{K_F(5), 't'},
	 "F5 t",
	 ACT_TREE,
	 KEYS_ORDER,
	 WHERE_TABLE,
	 "Tree",
	 "goroutines under those that made them (Go 1.21 on)"},
	{{'-'},
	 "- +",
	 ACT_TREE_FOLD,
	 KEYS_ORDER,
	 WHERE_TABLE,
	 NULL,
	 "in the tree: fold what is below, unfold"},
	{{'+'}, "+", ACT_TREE_UNFOLD, KEYS_ORDER, WHERE_TABLE, NULL, NULL},

	{{K_F(6), '<', '>'},
	 "F6 < >",
	 ACT_SORT_MENU,
	 KEYS_ORDER,
	 WHERE_TABLE | WHERE_GROUPS,
	 "Sort",
	 "choose the column to sort by"},
	{{'I'},
	 "I",
	 ACT_INVERT,
	 KEYS_ORDER,
	 WHERE_TABLE | WHERE_GROUPS | WHERE_SORT,
	 "Invert",
	 "invert the order"},
	{{'S'}, "S", ACT_SORT_STATE, KEYS_ORDER, WHERE_TABLE, NULL, "sort by state"},
	{{'A'},
	 "A",
	 ACT_SORT_AGE,
	 KEYS_ORDER,
	 WHERE_TABLE,
	 NULL,
	 "sort by age: what is stuck stands first"},
	{{'T'}, "T", ACT_SORT_THREAD, KEYS_ORDER, WHERE_TABLE, NULL, "sort by thread"},
	{{'P'}, "P", ACT_SORT_RUN, KEYS_ORDER, WHERE_TABLE, NULL, "sort by time running"},

	{{'F'},
	 "F",
	 ACT_FOLLOW,
	 KEYS_WATCH,
	 WHERE_TABLE,
	 "Follow",
	 "follow the selected goroutine, or stop to"},
	{{'Z', K_SPACE}, "Z Space", ACT_PAUSE, KEYS_WATCH, WHERE_WATCHING, "Pause", "pause, go on"},
	{{','},
	 ", .",
	 ACT_FASTER,
	 KEYS_WATCH,
	 WHERE_WATCHING,
	 NULL,
	 "refresh more often, less often"},
	{{'.'}, ".", ACT_SLOWER, KEYS_WATCH, WHERE_WATCHING, NULL, NULL},
	{{'w'},
	 "w",
	 ACT_SNAPSHOT,
	 KEYS_WATCH,
	 WHERE_WATCHING & ~WHERE_DETAIL,
	 NULL,
	 "write a snapshot: goroutop-PID-TIME.json and .stacks"},
	{{'w'},
	 "w",
	 ACT_SNAPSHOT,
	 KEYS_WATCH,
	 WHERE_DETAIL,
	 "Write",
	 "in the details: write them to goroutop-PID-TIME-GOID.txt"},
	{{'u'},
	 "u",
	 ACT_UNFOLD,
	 KEYS_LOOK,
	 WHERE_DETAIL,
	 "Unfold",
	 "in the details: the runtime's frames one by one, or folded"},

	{{'a'}, "a", ACT_PICKER, KEYS_PROGRAM, WHERE_WATCHING, "Attach", "watch another process"},
	{{'l'},
	 "l",
	 ACT_LOG,
	 KEYS_PROGRAM,
	 WHERE_WATCHING | WHERE_PICKER,
	 "Log",
	 "the program's log"},
	{{K_ESCAPE},
	 "Esc",
	 ACT_BACK,
	 KEYS_PROGRAM,
	 WHERE_ANY,
	 NULL,
	 "back; ends filter, search and following"},
	{{K_F(10)}, "F10", ACT_QUIT, KEYS_PROGRAM, WHERE_ANY, NULL, "quit"},
	{{'q'}, "q", ACT_LEAVE, KEYS_PROGRAM, WHERE_ANY & ~WHERE_TABLE, "Back", NULL},
	{{'q'},
	 "q",
	 ACT_LEAVE,
	 KEYS_PROGRAM,
	 WHERE_TABLE,
	 "Quit",
	 "quit; from any other screen: back"},
	/* clang-format on */
};
const size_t n_keys = ARRAY_SIZE(keys);

static const char *const group_names[KEYS_GROUPS] = {
	[KEYS_MOVE] = "Moving",	   [KEYS_LOOK] = "Looking",    [KEYS_ORDER] = "Order",
	[KEYS_WATCH] = "Watching", [KEYS_PROGRAM] = "Program",
};

const char *key_group_name(enum key_group group)
{
	return group_names[group];
}

enum action key_action(uint32_t code, unsigned where)
{
	for (size_t i = 0; i < n_keys && code != K_NONE; i++) {
		const struct key *k = &keys[i];

		if (!(k->where & where))
			continue;
		if (code == k->codes[0] || code == k->codes[1] || code == k->codes[2])
			return k->action;
	}
	return ACT_NONE;
}

size_t key_label_first(const struct key *k)
{
	return strcspn(k->label, " ");
}
