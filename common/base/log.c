// SPDX-License-Identifier: GPL-2.0-or-later
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

enum { LOG_LINES = 500 };

static struct {
	pthread_mutex_t lock;
	struct log_line lines[LOG_LINES];
	uint64_t total;
	enum log_level least;
} log_ring = {.lock = PTHREAD_MUTEX_INITIALIZER, .least = LOG_WARNING};

void log_add(enum log_level level, const char *fmt, ...)
{
	struct log_line line = {.time = clock_mono(), .level = level};
	char text[sizeof(line.text)];
	bool to_stderr;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text[strcspn(text, "\n")] = '\0';
	text_clean(line.text, sizeof(line.text), text, sizeof(text), false);

	pthread_mutex_lock(&log_ring.lock);
	log_ring.lines[log_ring.total++ % LOG_LINES] = line;
	to_stderr = level >= log_ring.least;
	pthread_mutex_unlock(&log_ring.lock);
	if (to_stderr)
		fprintf(stderr, "goroutop: %s\n", line.text);
}

void log_to_stderr(enum log_level least)
{
	pthread_mutex_lock(&log_ring.lock);
	log_ring.least = least;
	pthread_mutex_unlock(&log_ring.lock);
}

size_t log_read(struct log_line *lines, size_t max, uint64_t *total)
{
	size_t n;

	pthread_mutex_lock(&log_ring.lock);
	n = log_ring.total < LOG_LINES ? (size_t)log_ring.total : LOG_LINES;
	if (n > max)
		n = max;
	for (size_t i = 0; i < n; i++)
		lines[i] = log_ring.lines[(log_ring.total - n + i) % LOG_LINES];
	if (total)
		*total = log_ring.total;
	pthread_mutex_unlock(&log_ring.lock);
	return n;
}
