// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Puts one of the programs of technique.bpf.c at a place in a process, and reads what it sends:
 *
 *	technique OBJECT PROGRAM PID OFFSET
 *
 * It says "attached", prints each record to /dev/null as soon as it is woken, and ends with its input.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

struct event {
	uint64_t time, g;
	uint32_t tid, old_status, new_status, spare;
};

static void fail(const char *what)
{
	fprintf(stderr, "technique: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int print_event(void *out, void *data, size_t size)
{
	const struct event *e = data;

	(void)size;
	fprintf(out, "%llu %llx %u %u->%u\n", (unsigned long long)e->time, (unsigned long long)e->g,
		e->tid, e->old_status, e->new_status);
	return 0;
}

static struct bpf_object *load(const char *path, uint32_t pid)
{
	struct bpf_object *o = bpf_object__open_file(path, NULL);
	struct bpf_map *rodata;

	if (!o)
		fail(path);
	rodata = bpf_object__find_map_by_name(o, ".rodata.tgid");
	if (!rodata || bpf_map__set_initial_value(rodata, &pid, sizeof(pid)))
		fail("whom to watch can't be said");
	if (bpf_object__load(o))
		fail("it does not load");
	return o;
}

static int uprobe_type(void)
{
	FILE *f = fopen("/sys/bus/event_source/devices/uprobe/type", "r");
	int type;

	if (!f || fscanf(f, "%d", &type) != 1)
		fail("no uprobes");
	fclose(f);
	return type;
}

static void attach(struct bpf_object *o, const char *program, pid_t pid, uint64_t offset)
{
	struct bpf_program *p = bpf_object__find_program_by_name(o, program);
	struct perf_event_attr attr = {.type = (uint32_t)uprobe_type(), .size = sizeof(attr)};
	char path[64];
	int fd;

	if (!p)
		fail(program);
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	attr.uprobe_path = (uintptr_t)path;
	attr.probe_offset = offset;
	fd = (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0 || ioctl(fd, PERF_EVENT_IOC_SET_BPF, bpf_program__fd(p)))
		fail("the probe can't be set");
}

int main(int argc, char **argv)
{
	FILE *out = fopen("/dev/null", "w");
	struct ring_buffer *ring;
	struct bpf_object *o;
	struct pollfd fds[2];

	if (argc != 5 || !out)
		return 2;
	o = load(argv[1], (uint32_t)atoi(argv[3]));
	ring = ring_buffer__new(bpf_object__find_map_fd_by_name(o, "events"), print_event, out,
				NULL);
	if (!ring)
		fail("no ring buffer");
	attach(o, argv[2], atoi(argv[3]), strtoull(argv[4], NULL, 0));
	puts("attached");
	fflush(stdout);
	fds[0] = (struct pollfd){.fd = ring_buffer__epoll_fd(ring), .events = POLLIN};
	fds[1] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	while (poll(fds, 2, -1) >= 0 && !fds[1].revents)
		ring_buffer__consume(ring);
	return 0;
}
