// SPDX-License-Identifier: GPL-2.0-or-later
#include <curses.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "tui/pen.h"
#include "tui/terminal.h"

struct pen pen_line(const struct area *a, int line)
{
	struct pen p = {.y = a->y + line, .x = a->x, .end = a->x + a->width};

	if (line < 0 || line >= a->height)
		p.end = p.x;
	return p;
}

int pen_room(const struct pen *p)
{
	return p->end > p->x ? p->end - p->x : 0;
}

static void write_at(const struct pen *p, int x, enum role role, const char *text)
{
	attrset(theme_attribute(role, p->style));
	mvaddstr(p->y, x, text);
}

void pen_put(struct pen *p, enum role role, const char *text)
{
	char fitted[2048];
	int width;

	if (!pen_room(p))
		return;
	width = fit_text(fitted, sizeof(fitted), text, pen_room(p), FIT_END, terminal_ascii());
	write_at(p, p->x, role, fitted);
	p->x += width;
}

void pen_printf(struct pen *p, enum role role, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pen_put(p, role, text);
}

void pen_repeat(struct pen *p, enum role role, const char *sign, int n)
{
	char fitted[16];

	if (n <= 0 || !pen_room(p))
		return;
	if (n > pen_room(p))
		n = pen_room(p);
	fit_text(fitted, sizeof(fitted), sign, 1, FIT_CLIP, terminal_ascii());
	for (int i = 0; i < n; i++)
		write_at(p, p->x + i, role, fitted);
	p->x += n;
}

void pen_cell(struct pen *p, enum role role, const char *text, int width, enum column_align align,
	      enum fit_cut cut)
{
	char fitted[2048];
	int taken, pad;

	if (width > pen_room(p))
		width = pen_room(p);
	if (width <= 0)
		return;
	taken = fit_text(fitted, sizeof(fitted), text, width, cut, terminal_ascii());
	pad = width - taken;
	if (align == ALIGN_RIGHT)
		pen_repeat(p, role, " ", pad);
	write_at(p, p->x, role, fitted);
	p->x += taken;
	if (align == ALIGN_LEFT)
		pen_repeat(p, role, " ", pad);
}

void pen_skip(struct pen *p, int n)
{
	p->x += n < pen_room(p) ? n : pen_room(p);
}

void pen_fill(struct pen *p, enum role role)
{
	pen_repeat(p, role, " ", pen_room(p));
}

void pen_ground(const struct pen *p, enum role role)
{
	struct pen whole = *p;

	pen_fill(&whole, role);
}

void pen_put_right(struct pen *p, enum role role, const char *text)
{
	int width = text_width(text);
	struct pen right = *p;

	if (width > pen_room(p))
		width = pen_room(p);
	right.x = p->end - width;
	pen_put(&right, role, text);
	p->end -= width + (width < pen_room(p) ? 1 : 0);
}
