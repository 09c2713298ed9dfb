/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading /proc, for this layer alone. Everything in it may have been named by a process that is
 * not trusted: reads are bounded, names are found from both ends, numbers are checked.
 */
#ifndef GOROUTOP_PROCESS_PROCFS_H
#define GOROUTOP_PROCESS_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A /proc/PID/status is about 1.5 KB; with many supplementary groups it is several. */
enum { PROC_SMALL = 4096, PROC_STATUS = 16384, PROC_MAX_NSPID = 32 };

/*
 * Reads up to size − 1 bytes of a file below the directory dirfd (AT_FDCWD: any path) and
 * terminates them. Returns how many, or -errno; a file that is larger is cut.
 */
ssize_t proc_read(int dirfd, const char *name, char *buf, size_t size);

/* What /proc/PID/stat says. */
struct proc_stat {
	char comm[64]; /* raw: may hold anything but NUL */
	char state;
	unsigned flags;	      /* PF_… of the kernel */
	uint64_t cpu_ticks;   /* utime + stime */
	uint64_t start_ticks; /* since boot */
	uint64_t rss_pages;
	unsigned threads;
};

#define PROC_PF_EXITING 0x00000004u /* include/linux/sched.h; stable since 2.6 */
#define PROC_PF_KTHREAD 0x00200000u

/*
 * Parses the n bytes of a stat file. comm stands in parentheses and may hold parentheses, spaces
 * and newlines itself: it ends at the last ')', since only numbers follow. False: no such format.
 */
bool proc_stat_parse(const char *text, size_t n, struct proc_stat *ret);

/* Reads and parses stat below dirfd; 0 or -errno. */
int proc_stat_read(int dirfd, struct proc_stat *ret);

/*
 * The numbers behind "Name:" in the text of a status file, in `base`; returns how many there were,
 * at most max. The first line, Name, is the process's own: the kernel escapes its newlines, so a
 * line can't be forged.
 */
size_t proc_status_numbers(const char *status, const char *name, int base, uint64_t *ret,
			   size_t max);

/* Joins the n bytes of a cmdline (NUL between arguments) by spaces, in place; returns the length
 * without the NULs at the end. */
size_t proc_join_arguments(char *args, size_t n);

/* Nanoseconds of clock ticks. */
uint64_t proc_ticks_ns(uint64_t ticks);

#endif
