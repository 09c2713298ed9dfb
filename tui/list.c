// SPDX-License-Identifier: GPL-2.0-or-later
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "tui/fit.h"
#include "tui/list.h"
#include "tui/output.h"
#include "tui/processes.h"

static int terminal_width(void)
{
	struct winsize size;

	/* Cut only where a person would see it wrapped; a file gets it all. */
	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return 4096;
	return size.ws_col;
}

static void print_cell(const struct process_column *c, const char *text, int *room, bool ascii)
{
	char fitted[1024];
	int width = c->width ? c->width : *room, taken;

	/* A text that is too long pushes the rest aside: it may be a name that a script wants. */
	if (c->width && text_width(text) > width)
		width = text_width(text);
	taken = fit_text(fitted, sizeof(fitted), text, width, FIT_END, ascii);
	if (c->align == ALIGN_RIGHT)
		printf("%*s%s ", width - taken, "", fitted);
	else
		printf("%s%*s", fitted, c->width ? width - taken + 1 : 0, "");
	*room -= width + 1;
}

static void print_line(const struct target_entry *e, int width, bool ascii)
{
	for (size_t i = 0; i < n_process_columns; i++) {
		char text[512];

		if (e)
			process_columns[i].text(text, sizeof(text), e);
		else
			snprintf(text, sizeof(text), "%s", process_columns[i].title);
		print_cell(&process_columns[i], text, &width, ascii);
	}
	putchar('\n');
}

/* A process that may not be looked at may be a Go program or not. What root may not, nobody may. */
static void tell_hidden(size_t n)
{
	if (n && geteuid())
		fprintf(stderr,
			"goroutop: %zu process%s of other users could not be looked at; "
			"sudo goroutop --list sees them\n",
			n, n == 1 ? "" : "es");
}

int list_run(const struct options *o)
{
	const struct timespec while_cpu_is_measured = {.tv_nsec = 200 * (long)NSEC_PER_MSEC};
	struct targets *t = targets_new();
	const struct target_entry *v;
	bool ascii;
	int status;
	size_t n;

	setlocale(LC_CTYPE, "");
	ascii = o->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	if (!t || targets_refresh(t) < 0) {
		fprintf(stderr, "goroutop: the list of processes could not be read\n");
		return EXIT_FAILED;
	}
	nanosleep(&while_cpu_is_measured, NULL);
	targets_refresh(t);
	v = targets_get(t, &n);
	print_line(NULL, terminal_width(), ascii);
	for (size_t i = 0; i < n; i++)
		print_line(&v[i], terminal_width(), ascii);
	status = output_flushed(EXIT_DONE);
	tell_hidden(targets_unreadable(t));
	targets_free(t);
	return status;
}
