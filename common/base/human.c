// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/human.h"

char *human_age(char *dst, size_t size, uint64_t ns)
{
	uint64_t s = ns / NSEC_PER_SEC, m = s / 60, h = m / 60, d = h / 24;

	if (ns < NSEC_PER_USEC)
		snprintf(dst, size, "%uns", (unsigned)ns);
	else if (ns < NSEC_PER_MSEC)
		snprintf(dst, size, "%uµs", (unsigned)(ns / NSEC_PER_USEC));
	else if (ns < NSEC_PER_SEC)
		snprintf(dst, size, "%ums", (unsigned)(ns / NSEC_PER_MSEC));
	else if (m < 1)
		snprintf(dst, size, "%u.%us", (unsigned)s,
			 (unsigned)(ns % NSEC_PER_SEC / (100 * NSEC_PER_MSEC)));
	else if (h < 1)
		snprintf(dst, size, "%um%02us", (unsigned)m, (unsigned)(s % 60));
	else if (d < 1)
		snprintf(dst, size, "%uh%02um", (unsigned)h, (unsigned)(m % 60));
	else if (d < 100)
		snprintf(dst, size, "%ud%02uh", (unsigned)d, (unsigned)(h % 24));
	else
		snprintf(dst, size, "%ud", (unsigned)d);
	return dst;
}

char *human_count(char *dst, size_t size, uint64_t n)
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	size_t out = 0;

	for (size_t i = 0; i < len && out + 1 < size; i++) {
		if (i && (len - i) % 3 == 0 && out + 2 < size)
			dst[out++] = ',';
		dst[out++] = digits[i];
	}
	if (size)
		dst[out] = '\0';
	return dst;
}

char *human_rate(char *dst, size_t size, double v)
{
	static const char units[] = " kMGT";
	size_t unit = 0;

	while (v >= 999.5 && unit + 1 < sizeof(units) - 1) {
		v /= 1000;
		unit++;
	}
	if (!unit)
		snprintf(dst, size, "%.0f", v);
	else
		snprintf(dst, size, v < 99.95 ? "%.1f%c" : "%.0f%c", v, units[unit]);
	return dst;
}

char *human_percent(char *dst, size_t size, double percent)
{
	snprintf(dst, size, percent < 9.95 ? "%.1f%%" : "%.0f%%", percent);
	return dst;
}
