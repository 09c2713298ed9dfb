// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
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

enum { SAMPLES_PER_S = 2000, DATA_PAGES = 1 };

/* One event and its buffer. */
struct clock_event {
	int fd;
	struct perf_event_mmap_page *head;
};

struct thread_sampler {
	size_t n; /* a CPU each */
	struct clock_event events[];
};

static size_t map_size(void)
{
	return (1 + DATA_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
}

static bool event_open(struct clock_event *e, pid_t tid, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.size = PERF_ATTR_SIZE_VER5,
		.disabled = 1,
		.freq = 1,
		.sample_freq = SAMPLES_PER_S,
		.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.exclude_idle = 1,
	};

	*e = (struct clock_event){
		.fd = (int)syscall(SYS_perf_event_open, &attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC)};
	if (e->fd < 0)
		return false;
	e->head = mmap(NULL, map_size(), PROT_READ | PROT_WRITE, MAP_SHARED, e->fd, 0);
	if (e->head != MAP_FAILED)
		return true;
	close(e->fd);
	*e = (struct clock_event){.fd = -1};
	return false;
}

static void event_close(struct clock_event *e)
{
	if (e->head)
		munmap(e->head, map_size());
	if (e->fd >= 0)
		close(e->fd);
}

static void event_switch(const struct clock_event *e, bool on)
{
	if (e->fd >= 0)
		ioctl(e->fd, on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0);
}

/* Records are 8-aligned and the buffer a multiple of that, so no word is split at its end. */
static uint64_t word_at(const struct clock_event *e, uint64_t at)
{
	const char *data = (const char *)e->head + sysconf(_SC_PAGESIZE);
	uint64_t word;

	memcpy(&word, data + at % (DATA_PAGES * (uint64_t)sysconf(_SC_PAGESIZE)), sizeof(word));
	return word;
}

static void take_sample(uint64_t ip, uint32_t tid, const pid_t *tids, size_t n, uint64_t *pcs)
{
	for (size_t i = 0; i < n; i++)
		if ((uint32_t)tids[i] == tid)
			pcs[i] = ip;
}

/* Takes all that was written; what did not fit was dropped, so nothing is overwritten meanwhile. */
static void event_take(struct clock_event *e, const pid_t *tids, size_t n, uint64_t *pcs)
{
	uint64_t end, at;

	if (!e->head)
		return;
	end = __atomic_load_n(&e->head->data_head, __ATOMIC_ACQUIRE);
	for (at = e->head->data_tail; at + 24 <= end;) {
		uint64_t word = word_at(e, at);
		struct perf_event_header h;

		memcpy(&h, &word, sizeof(h));
		if (h.size < sizeof(h))
			break;
		/* ip, then pid and tid */
		if (h.type == PERF_RECORD_SAMPLE)
			take_sample(word_at(e, at + 8), (uint32_t)(word_at(e, at + 16) >> 32), tids,
				    n, pcs);
		at += h.size;
	}
	__atomic_store_n(&e->head->data_tail, end, __ATOMIC_RELEASE);
}

static void watch(struct clock_event *events, size_t n_events, const pid_t *tids, size_t n,
		  unsigned ms, uint64_t *pcs)
{
	for (size_t i = 0; i < n_events; i++)
		event_switch(&events[i], true);
	poll(NULL, 0, (int)ms);
	for (size_t i = 0; i < n_events; i++) {
		event_switch(&events[i], false);
		event_take(&events[i], tids, n, pcs);
	}
}

struct thread_sampler *thread_sampler_open(void)
{
	enum { CPUS_MAX = 1024 };
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	struct thread_sampler *s;
	bool any = false;

	if (cpus < 1 || cpus > CPUS_MAX)
		return NULL;
	s = calloc(1, sizeof(*s) + (size_t)cpus * sizeof(s->events[0]));
	if (!s)
		return NULL;
	s->n = (size_t)cpus;
	for (size_t i = 0; i < s->n; i++)
		any = event_open(&s->events[i], -1, (int)i) || any;
	if (any)
		return s;
	thread_sampler_close(s);
	return NULL;
}

void thread_sampler_close(struct thread_sampler *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		event_close(&s->events[i]);
	free(s);
}

void process_thread_pcs(struct thread_sampler *s, const pid_t *tids, size_t n, unsigned ms,
			uint64_t *pcs)
{
	struct clock_event own[THREAD_PC_MAX];
	bool any = false;

	memset(pcs, 0, n * sizeof(*pcs));
	if (n > THREAD_PC_MAX)
		n = THREAD_PC_MAX;
	if (s) {
		watch(s->events, s->n, tids, n, ms, pcs);
		return;
	}
	for (size_t i = 0; i < n; i++)
		any = event_open(&own[i], tids[i], -1) || any;
	if (any)
		watch(own, n, tids, n, ms, pcs);
	for (size_t i = 0; i < n; i++)
		event_close(&own[i]);
}
