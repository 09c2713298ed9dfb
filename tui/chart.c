// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "tui/chart.h"

/* The one with the largest share that can give, or take, a column. */
static size_t largest(const int *shares, size_t n)
{
	size_t at = 0;

	for (size_t i = 1; i < n; i++)
		if (shares[i] > shares[at])
			at = i;
	return at;
}

void chart_shares(const uint64_t *counts, size_t n, int width, int *ret)
{
	double sum = 0;
	int left = width;

	for (size_t i = 0; i < n; i++)
		sum += sqrt((double)counts[i]);
	for (size_t i = 0; i < n; i++) {
		ret[i] = sum > 0 ? (int)(sqrt((double)counts[i]) / sum * width) : 0;
		if (counts[i] && !ret[i])
			ret[i] = 1;
		left -= ret[i];
	}
	if (!(sum > 0))
		return;
	for (; left < 0; left++) {
		size_t at = largest(ret, n);

		/* All have one: the last ones go. */
		for (size_t i = n; ret[at] == 1 && i--;)
			if (ret[i]) {
				at = i;
				break;
			}
		ret[at]--;
	}
	ret[largest(ret, n)] += left;
}

void chart_parts(const double *parts, size_t n, double whole, int width, int *ret)
{
	double upto = 0;
	int used = 0;

	for (size_t i = 0; i < n; i++) {
		int end;

		upto += parts[i] > 0 ? parts[i] : 0;
		end = whole > 0 ? (int)lround(upto / whole * width) : 0;
		if (end > width)
			end = width;
		ret[i] = end - used;
		used = end;
	}
}

struct chart_scale chart_scale(const uint32_t *values, size_t n)
{
	struct chart_scale s = {0, 0};
	double missing;

	for (size_t i = 0; i < n; i++) {
		if (!i || values[i] < s.low)
			s.low = values[i];
		if (values[i] > s.high)
			s.high = values[i];
	}
	/* Twenty of a thousand more or less are not a mountain. */
	missing = fmax(s.high * 0.2, 4) - (s.high - s.low);
	if (missing > 0) {
		s.high += missing / 2;
		s.low -= missing / 2;
	}
	if (s.low < 0) {
		s.high -= s.low;
		s.low = 0;
	}
	return s;
}

int chart_level(const struct chart_scale *s, uint32_t value, int rows)
{
	double share = s->high > s->low ? (value - s->low) / (s->high - s->low) : 0;
	int level = 1 + (int)lround(share * (8 * rows - 1));

	return level < 1 ? 1 : level > 8 * rows ? 8 * rows : level;
}

const char *chart_sign(int eighths, bool ascii)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const dots[] = {" ", ".", ".", ":", ":", "|", "|", "#", "#"};

	if (eighths < 0)
		eighths = 0;
	if (eighths > 8)
		eighths = 8;
	return ascii ? dots[eighths] : blocks[eighths];
}
