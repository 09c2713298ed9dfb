// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/procfs.h"
#include "process/thread.h"

char process_thread_state(const struct process *p, pid_t tid)
{
	char name[64], text[PROC_SMALL];
	struct proc_stat st;
	ssize_t n;

	snprintf(name, sizeof(name), "task/%d/stat", (int)tid);
	n = proc_read(p->proc_fd, name, text, sizeof(text));
	return n > 0 && proc_stat_parse(text, (size_t)n, &st) ? st.state : 0;
}

/* ---- where it executes ------------------------------------------------------------------------ */

enum { SAMPLES_PER_S = 2000, DATA_PAGES = 2 };

struct sampler {
	int fd;
	struct perf_event_mmap_page *head;
	size_t size;
};

static bool sampler_open(struct sampler *s, pid_t tid)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.size = PERF_ATTR_SIZE_VER5,
		.freq = 1,
		.sample_freq = SAMPLES_PER_S,
		.sample_type = PERF_SAMPLE_IP,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	*s = (struct sampler){.fd = -1, .size = (1 + DATA_PAGES) * page};
	s->fd = (int)syscall(SYS_perf_event_open, &attr, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (s->fd < 0)
		return false;
	s->head = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	if (s->head == MAP_FAILED)
		s->head = NULL;
	return s->head;
}

static void sampler_close(struct sampler *s)
{
	if (s->head)
		munmap(s->head, s->size);
	if (s->fd >= 0)
		close(s->fd);
}

/* Records are 8-aligned and the buffer a multiple of that, so no word is split at its end. */
static uint64_t word_at(const struct sampler *s, uint64_t at)
{
	const char *data = (const char *)s->head + s->head->data_offset;
	uint64_t word;

	memcpy(&word, data + at % s->head->data_size, sizeof(word));
	return word;
}

static uint64_t last_pc(const struct sampler *s)
{
	uint64_t end = __atomic_load_n(&s->head->data_head, __ATOMIC_ACQUIRE), pc = 0;

	/* Nobody reads meanwhile, so what did not fit was dropped: nothing is overwritten. */
	for (uint64_t at = 0; at + 16 <= end;) {
		uint64_t word = word_at(s, at);
		struct perf_event_header h;

		memcpy(&h, &word, sizeof(h));
		if (h.size < sizeof(h))
			break;
		if (h.type == PERF_RECORD_SAMPLE)
			pc = word_at(s, at + 8);
		at += h.size;
	}
	return pc;
}

void process_thread_pcs(const pid_t *tids, size_t n, unsigned ms, uint64_t *pcs)
{
	struct sampler s[THREAD_PC_MAX];
	bool any = false;

	memset(pcs, 0, n * sizeof(*pcs));
	if (n > THREAD_PC_MAX)
		n = THREAD_PC_MAX;
	for (size_t i = 0; i < n; i++)
		any = sampler_open(&s[i], tids[i]) || any;
	if (any)
		poll(NULL, 0, (int)ms);
	for (size_t i = 0; i < n; i++) {
		if (s[i].head)
			pcs[i] = last_pc(&s[i]);
		sampler_close(&s[i]);
	}
}
