// SPDX-License-Identifier: GPL-2.0-or-later
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/text.h"
#include "source/doctor.h"
#include "tui/doctor.h"
#include "tui/output.h"

enum { WIDTH_LEAST = 40, WIDTH_MOST = 110, WIDTH_FILE = 100, NAME_MOST = 26, MARK = 4 };

/* A mark as a word, a sign before it where the terminal has it, and a colour. */
static const struct {
	const char *sign, *word, *color;
} marks[] = {
	[DOCTOR_FACT] = {" ", "", ""},
	[DOCTOR_GOOD] = {"✓", "ok", "\033[32m"},
	[DOCTOR_LESS] = {"!", "!", "\033[33m"},
	[DOCTOR_BAD] = {"✗", "no", "\033[31m"},
};

struct paper {
	int width, names;
	bool color, ascii;
};

static int paper_width(void)
{
	struct winsize size;
	int width = WIDTH_FILE;

	if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		width = size.ws_col;
	return width < WIDTH_LEAST ? WIDTH_LEAST : width > WIDTH_MOST ? WIDTH_MOST : width;
}

static void replace(char *text, const char *sign, char by)
{
	for (char *at; (at = strstr(text, sign));) {
		*at = by;
		memmove(at + 1, at + strlen(sign), strlen(at + strlen(sign)) + 1);
	}
}

/* Some bytes of a text; of what ASCII has not, our own signs have a likeness. */
static void put(const struct paper *paper, const char *bytes, int n)
{
	char text[1024], clean[1024];

	if (!paper->ascii) {
		printf("%.*s", n, bytes);
		return;
	}
	snprintf(text, sizeof(text), "%.*s", n, bytes);
	replace(text, "–", '-');
	replace(text, "µ", 'u');
	text_clean(clean, sizeof(clean), text, strlen(text), true);
	fputs(clean, stdout);
}

/* Words, broken between them, behind what already stands on the line. */
static void put_wrapped(const struct paper *paper, const char *text, int indent)
{
	int at = indent;

	while (*text) {
		int n = (int)strcspn(text, " "), width;
		char word[1024];

		snprintf(word, sizeof(word), "%.*s", n, text);
		width = text_width(word);
		if (at > indent && at + 1 + width > paper->width) {
			printf("\n%*s", indent, "");
			at = indent;
		} else if (at > indent) {
			putchar(' ');
			at++;
		}
		put(paper, text, n);
		at += width;
		text += n;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void put_line(const struct paper *paper, const struct doctor_line *line)
{
	const char *sign = paper->ascii ? marks[line->mark].word : marks[line->mark].sign;
	int indent = MARK + paper->names + 2;
	int used = text_width(line->name);

	printf(" %s%s%s%*s", paper->color ? marks[line->mark].color : "", sign,
	       paper->color && *marks[line->mark].color ? "\033[0m" : "",
	       MARK - 1 - text_width(sign), "");
	put(paper, line->name, (int)strlen(line->name));
	if (used > paper->names)
		printf("\n%*s", indent, "");
	else
		printf("%*s", paper->names - used + 2, "");
	put_wrapped(paper, line->text, indent);
	if (!line->remedy || !*line->remedy)
		return;
	printf("%*s%s ", indent, "", paper->ascii ? "->" : "→");
	put_wrapped(paper, line->remedy, indent + 3);
}

static void put_report(const struct paper *paper, const struct doctor *d)
{
	const char *section = "";
	struct utsname un;

	printf("goroutop %s", GOROUTOP_VERSION);
	if (!uname(&un))
		printf(" on %s", un.nodename);
	putchar('\n');
	vec_foreach (line, &d->lines) {
		if (strcmp(section, line->section))
			printf("\n%s%s%s\n", paper->color ? "\033[1m" : "", line->section,
			       paper->color ? "\033[0m" : "");
		section = line->section;
		put_line(paper, line);
	}
}

int doctor_run(const struct options *o)
{
	struct paper paper = {
		.width = paper_width(),
		.color = options_color(o, isatty(STDOUT_FILENO)),
	};
	struct doctor d;
	int status;

	setlocale(LC_CTYPE, "");
	paper.ascii = o->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	doctor_examine(&d, o->target);
	vec_foreach (line, &d.lines) {
		int width = text_width(line->name);

		if (width > paper.names && width <= NAME_MOST)
			paper.names = width;
	}
	put_report(&paper, &d);
	status = d.failed ? EXIT_FAILED : (int)d.status;
	doctor_free(&d);
	return output_flushed(status);
}
