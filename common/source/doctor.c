// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "source/doctor_internal.h"

static const char *section_of(const struct doctor *d)
{
	return d->lines.n ? d->lines.v[d->lines.n - 1].section : "";
}

/* A section is a line without a name until the first one takes its place. */
void doctor_section(struct doctor *d, const char *section)
{
	if (!vec_push(&d->lines, ((struct doctor_line){.section = section})))
		d->failed = true;
}

/* Names come from the target too: everything is cleaned. NULL: no memory. */
static char *made_up(const char *fmt, va_list args)
{
	char *raw = NULL, *text;
	size_t size;
	int n = vasprintf(&raw, fmt, args);

	if (n < 0)
		return NULL;
	size = 3 * (size_t)n + 1; /* a byte may become U+FFFD */
	text = malloc(size);
	if (text)
		text_clean(text, size, raw, (size_t)n, false);
	free(raw);
	return text;
}

void doctor_say(struct doctor *d, enum doctor_mark mark, const char *name, const char *fmt, ...)
{
	struct doctor_line line = {.section = section_of(d), .mark = mark, .name = strdup(name)};
	va_list args;

	va_start(args, fmt);
	line.text = made_up(fmt, args);
	va_end(args);
	if (d->lines.n && !d->lines.v[d->lines.n - 1].name)
		d->lines.n--;
	if (line.name && line.text && vec_push(&d->lines, line))
		return;
	d->failed = true;
	free(line.name);
	free(line.text);
}

void doctor_remedy(struct doctor *d, const char *fmt, ...)
{
	va_list args;

	if (!d->lines.n)
		return;
	va_start(args, fmt);
	free(d->lines.v[d->lines.n - 1].remedy);
	d->lines.v[d->lines.n - 1].remedy = made_up(fmt, args);
	va_end(args);
}

void doctor_say_err(struct doctor *d, enum doctor_mark mark, const char *name,
		    const struct err *err)
{
	/* A list of choices has a line each. */
	for (const char *at = err->text; *at; name = "") {
		size_t n = strcspn(at, "\n");

		doctor_say(d, mark, name, "%.*s", (int)n, at);
		at += n + (at[n] == '\n');
	}
}

void doctor_examine(struct doctor *ret, const char *target)
{
	*ret = (struct doctor){.status = EXIT_DONE};
	doctor_machine(ret);
	if (target)
		doctor_target(ret, target);
	if (ret->lines.n && !ret->lines.v[ret->lines.n - 1].name)
		ret->lines.n--;
}

void doctor_free(struct doctor *d)
{
	vec_foreach (line, &d->lines) {
		free(line->name);
		free(line->text);
		free(line->remedy);
	}
	vec_free(&d->lines);
}
