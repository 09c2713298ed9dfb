// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "format/format.h"
#include "model/column.h"
#include "tui/options.h"
#include "tui/usage.h"

enum { HELP_WIDTH = 80, HELP_INDENT = 28 };

void usage_line(FILE *out)
{
	fputs("usage: goroutop [OPTION]... TARGET | goroutop [OPTION]... -- COMMAND [ARG]...\n",
	      out);
}

/* Prints words with line breaks so that nothing goes beyond HELP_WIDTH; `at` is where we stand. */
static void wrapped(FILE *out, const char *text, int at, int indent)
{
	while (*text) {
		int len = (int)strcspn(text, " ");

		if (at + len > HELP_WIDTH && at > indent) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
		}
		fprintf(out, "%.*s", len, text);
		at += len;
		text += len;
		while (*text == ' ')
			text++;
		if (*text && at + 1 + (int)strcspn(text, " ") <= HELP_WIDTH) {
			fputc(' ', out);
			at++;
		}
	}
	fputc('\n', out);
}

static void help_option(FILE *out, const struct option_row *row)
{
	int at = row->letter ? fprintf(out, "  -%c, --%s", row->letter, row->name)
			     : fprintf(out, "      --%s", row->name);

	if (row->argument)
		at += fprintf(out, " %s", row->argument);
	if (at + 2 > HELP_INDENT) {
		fputc('\n', out);
		at = 0;
	}
	fprintf(out, "%*s", HELP_INDENT - at, "");
	wrapped(out, row->help, HELP_INDENT, HELP_INDENT);
}

static void help_names(FILE *out, const char *title, const char *(*name)(size_t), size_t n)
{
	char text[2000] = "";
	size_t len = 0;
	int at;

	for (size_t i = 0; i < n && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? ", " : "",
					name(i));
	at = fprintf(out, "\n%s: ", title);
	wrapped(out, text, at - 1, 2);
}

static const char *column_name(size_t i)
{
	return columns[i].name;
}

static const char *format_name(size_t i)
{
	return formats[i].name;
}

void usage_help(FILE *out)
{
	fputs("goroutop: htop for goroutines\n\n"
	      "  goroutop [OPTION]... [TARGET]             watch a running Go process\n"
	      "  goroutop [OPTION]... -- COMMAND [ARG]...  start COMMAND and watch it from its\n"
	      "                                            first goroutine\n\n"
	      "TARGET is a process id or a process name. Without it, on a terminal: choose from\n"
	      "the Go processes of this machine.\n\n",
	      out);
	for (size_t i = 0; i < n_option_rows; i++)
		help_option(out, &option_rows[i]);
	help_names(out, "Columns", column_name, n_columns);
	help_names(out, "Formats", format_name, n_formats);
	fputs("\nThe keys: press F1 or ?, or see goroutop(1).\n", out);
}
