// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>

#include "format/decimal.h"

char *decimal(char dst[DECIMAL_MAX], double v, unsigned places)
{
	static const unsigned powers[] = {1, 10, 100, 1000};
	unsigned scale = powers[places < 4 ? places : 3];
	double size = fabs(v), whole;
	unsigned part;

	if (size > 9e18)
		size = 9e18;
	part = (unsigned)(modf(size, &whole) * scale + 0.5);
	if (part == scale) {
		whole += 1;
		part = 0;
	}
	if (scale == 1)
		snprintf(dst, DECIMAL_MAX, "%s%llu", v < 0 ? "-" : "", (unsigned long long)whole);
	else
		snprintf(dst, DECIMAL_MAX, "%s%llu.%0*u", v < 0 ? "-" : "",
			 (unsigned long long)whole,
			 (int)(scale == 10    ? 1
			       : scale == 100 ? 2
					      : 3),
			 part);
	return dst;
}
