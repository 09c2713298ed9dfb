// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

static uint64_t clock_read(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t clock_mono(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

uint64_t clock_process_cpu(void)
{
	return clock_read(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t clock_wall_at(uint64_t mono)
{
	return clock_read(CLOCK_REALTIME) - clock_read(CLOCK_MONOTONIC) + mono;
}

void clock_iso8601(char *dst, size_t size, uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NSEC_PER_SEC);
	char date[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(dst, size, "%s.%03uZ", date, (unsigned)(wall_ns % NSEC_PER_SEC / NSEC_PER_MSEC));
}

void clock_local_time(char *dst, size_t size, uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NSEC_PER_SEC);
	char date[16];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%H:%M:%S", &tm);
	snprintf(dst, size, "%s.%06u", date, (unsigned)(wall_ns % NSEC_PER_SEC / NSEC_PER_USEC));
}
