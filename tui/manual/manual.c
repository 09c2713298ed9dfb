// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes the manual page: copies the prose, and puts in what the tables of the program say where a
 * line is @NAME@ or holds @VERSION@. Run by make, not installed.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "format/format.h"
#include "model/column.h"
#include "tui/keys.h"
#include "tui/options.h"

/* Text for roff: no backslash, hyphen or leading point that it would take for its own. */
static void put(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text; text++)
		switch (*text) {
		case '\\':
			fputs("\\(rs", stdout);
			break;
		case '-':
			fputs("\\-", stdout);
			break;
		default:
			putchar(*text);
		}
}

/* A tagged paragraph: the bold word, and what it means. */
static void put_row(const char *word, const char *text)
{
	fputs(".TP\n\\fB", stdout);
	put(word);
	fputs("\\fR\n", stdout);
	put(text);
	putchar('\n');
}

static void put_options(void)
{
	for (size_t i = 0; i < n_option_rows; i++) {
		const struct option_row *row = &option_rows[i];

		fputs(".TP\n", stdout);
		if (row->letter)
			printf("\\fB\\-%c\\fR, ", row->letter);
		fputs("\\fB\\-\\-", stdout);
		put(row->name);
		fputs("\\fR", stdout);
		if (row->argument) {
			fputs(" \\fI", stdout);
			put(row->argument);
			fputs("\\fR", stdout);
		}
		putchar('\n');
		put(row->help);
		putchar('\n');
	}
}

static void put_formats(void)
{
	for (size_t i = 0; i < n_formats; i++)
		put_row(formats[i].name, formats[i].help);
}

static void put_columns(void)
{
	for (size_t i = 0; i < n_columns; i++) {
		char text[300];

		snprintf(text, sizeof(text), "%s%s", columns[i].help,
			 columns[i].first == SORT_DESC ? "; sorts the largest first" : "");
		put_row(columns[i].name, text);
	}
}

static void put_keys(void)
{
	for (int group = 0; group < KEYS_GROUPS; group++) {
		printf(".SS %s\n", key_group_name((enum key_group)group));
		for (size_t i = 0; i < n_keys; i++)
			if ((int)keys[i].group == group && keys[i].help)
				put_row(keys[i].label, keys[i].help);
	}
}

static const struct {
	const char *mark;
	void (*put)(void);
} tables[] = {
	{"@OPTIONS@\n", put_options},
	{"@FORMATS@\n", put_formats},
	{"@COLUMNS@\n", put_columns},
	{"@KEYS@\n", put_keys},
};

static int put_line(const char *line)
{
	const char *version = strstr(line, "@VERSION@");

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		if (!strcmp(line, tables[i].mark)) {
			tables[i].put();
			return 0;
		}
	if (line[0] == '@') {
		fprintf(stderr, "manual: no table for %s", line);
		return -1;
	}
	if (version)
		printf("%.*s%s%s", (int)(version - line), line, GOROUTOP_VERSION,
		       version + strlen("@VERSION@"));
	else
		fputs(line, stdout);
	return 0;
}

int main(void)
{
	char line[1000];

	while (fgets(line, sizeof(line), stdin))
		if (put_line(line) < 0)
			return 1;
	return fflush(stdout) == 0 ? 0 : 1;
}
