/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time. All intervals and ages are nanoseconds of CLOCK_MONOTONIC, the clock of bpf_ktime_get_ns;
 * wall time is only ever printed.
 */
#ifndef GOROUTOP_BASE_CLOCK_H
#define GOROUTOP_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NSEC_PER_USEC 1000ull
#define NSEC_PER_MSEC 1000000ull
#define NSEC_PER_SEC  1000000000ull

uint64_t clock_mono(void);
uint64_t clock_process_cpu(void); /* CPU time that this process used, ns */

/* Wall time, ns since 1970, at the monotonic time mono, by what both clocks say now. */
uint64_t clock_wall_at(uint64_t mono);

/* "2026-01-31T12:00:00.000Z" (UTC, milliseconds) of wall time in ns; dst holds ≥ 25 bytes. */
void clock_iso8601(char *dst, size_t size, uint64_t wall_ns);

/* "HH:MM:SS.uuuuuu", local time, of wall time in ns; dst holds ≥ 16 bytes. */
void clock_local_time(char *dst, size_t size, uint64_t wall_ns);

#endif
