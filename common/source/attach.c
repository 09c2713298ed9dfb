// SPDX-License-Identifier: GPL-2.0-or-later
/* From a PID or a command to something that is watched: which ways are open, and in which order. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "process/privilege.h"
#include "source/collector_internal.h"
#include "source/command.h"

enum { MAP_LEAST = 64 << 10 };

static const uint64_t open_patience = 5 * NSEC_PER_SEC, open_retry = 5 * NSEC_PER_MSEC;

/* ---- names ------------------------------------------------------------------------------------ */

static bool answer_pc(void *ctx, enum name_kind kind, uint64_t pc, struct name *ret)
{
	const struct collector *c = ctx;
	uint64_t at = pc - c->target.bias;
	struct go_func f;
	struct go_line line;

	/* A return address may be the first byte of what follows the call: look before it. */
	if (kind == NAME_RETURN)
		at--;
	if (!go_func_at(c->target.exe, at, &f))
		return false;
	*ret = (struct name){.function = f.name, .system = runtime_is_system(f.name)};
	if (go_line_at(c->target.exe, at, &line)) {
		ret->file = line.file;
		ret->line = line.line;
	}
	return true;
}

static size_t answer_frames(void *ctx, uint64_t frame, struct frame *ret, size_t max)
{
	const struct collector *c = ctx;
	uint64_t at = (frame & ~FRAME_EXACT) - !(frame & FRAME_EXACT) - c->target.bias;
	struct go_frame frames[64];
	struct go_func f;
	size_t n;

	if (max > ARRAY_SIZE(frames))
		max = ARRAY_SIZE(frames);
	n = go_frames_at(c->target.exe, at, frames, max);
	for (size_t i = 0; i < n && i < max; i++)
		ret[i] = (struct frame){
			.name = {.function = frames[i].function,
				 .file = frames[i].line.file,
				 .line = frames[i].line.line},
			.entry = go_func_at(c->target.exe, at, &f) ? f.entry + c->target.bias : 0,
			.inlined = frames[i].inlined,
			.wrapper = frames[i].wrapper,
		};
	return n;
}

static const char *answer_reason(void *ctx, uint8_t reason)
{
	const struct collector *c = ctx;
	const struct layout *l = &c->target.layout;

	if (c->runtime_open)
		return runtime_wait_reason(reader_runtime(c->reader), reason);
	return reason < l->n_wait_reasons ? l->wait_reasons[reason] : NULL;
}

int collector_make_model(struct collector *c, struct err *err)
{
	const struct names_source source = {.ctx = c,
					    .pc = answer_pc,
					    .reason = answer_reason,
					    .frames = answer_frames};
	const struct go_version *v = &go_exe_info(c->target.exe)->version;
	struct model_options o = {
		.attached = c->attached,
		.probes = c->probing,
		.memory = c->reader,
		.radar = c->session->radar,
		.bypass = go_version_cmp(v, 26, 0) >= 0,
		.syscall_times = c->target.sees_syscalls,
	};

	c->names = o.names = names_new(&source);
	c->model = c->names ? model_new(&o) : NULL;
	if (!c->model)
		return err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
	c->sink = model_sink(c->model);
	return 0;
}

/* ---- memory ----------------------------------------------------------------------------------- */

static bool wants_memory(const struct collector *c)
{
	return c->session->mode != SOURCE_PROBE;
}

static bool wants_probes(const struct collector *c)
{
	return c->session->mode != SOURCE_MEMORY;
}

static int start_reader(struct collector *c, struct err *err)
{
	int r;

	if (!wants_memory(c) || !c->target.memory)
		return 0;
	__atomic_add_fetch(&c->users, 1, __ATOMIC_RELAXED);
	r = reader_start(&c->reader, &c->target, c->wake, c->ctx, err);
	if (r)
		__atomic_sub_fetch(&c->users, 1, __ATOMIC_RELAXED);
	return r;
}

/*
 * The reader may have found another layout than the file told. For probes that are there already it
 * is too late.
 */
static int take_layout(struct collector *c, struct err *err)
{
	const struct layout *l = runtime_layout(reader_runtime(c->reader));
	const char *go = go_exe_info(c->target.exe)->version.text;

	if (l->origin != c->target.layout.origin && c->probing)
		return err_set(err, EXIT_TARGET, ENOTSUP,
			       "the layout of %s (%s) does not fit the live process; start it, "
			       "then attach by PID",
			       go, c->target.layout.source);
	if (l->origin != c->target.layout.origin)
		c->target.layout = *l;
	c->runtime_open = true;
	return 0;
}

int collector_opened(struct collector *c, const struct reader_answer *a, struct err *err)
{
	if (!a->result) {
		return take_layout(c, err);
	}
	if (a->result != -EAGAIN)
		*err = a->err;
	return a->result;
}

/*
 * Has the runtime found and the layout checked before anything is attached. A reader that does not
 * answer (stuck in the kernel) is not waited for: probes may do without it.
 */
static int open_runtime(struct collector *c, struct err *err)
{
	uint64_t until = clock_mono() + open_patience;
	struct reader_answer a;
	int r = -EAGAIN;

	if (!c->reader)
		return 0;
	while (r == -EAGAIN && clock_mono() < until) {
		reader_ask(c->reader, READER_OPEN, NULL, 0);
		while (!reader_take(c->reader, &a)) {
			if (reader_busy_for(c->reader) > open_patience) {
				log_add(LOG_WARNING, "the target's memory does not answer");
				return 0;
			}
			poll(NULL, 0, 1);
		}
		r = collector_opened(c, &a, err);
		if (r == -EAGAIN)
			poll(NULL, 0, open_retry / NSEC_PER_MSEC);
	}
	if (r == -EAGAIN)
		return err_set(err, EXIT_TARGET, EAGAIN,
			       "process %d has no goroutine yet: its Go runtime has not started",
			       (int)c->target.pid);
	return r;
}

/* ---- probes ----------------------------------------------------------------------------------- */

static uint32_t map_size(const struct collector *c)
{
	uint64_t n = c->session->max_goroutines;

	if (n)
		return n > UINT32_MAX ? UINT32_MAX : n;
	n = c->runtime_open ? 2 * (uint64_t)runtime_count(reader_runtime(c->reader)) : 0;
	return n < MAP_LEAST ? MAP_LEAST : n > 1u << 27 ? 1u << 27 : n;
}

static int attach_probes(struct collector *c, struct err *err)
{
	struct live_options o = {
		.target = &c->target,
		.max_goroutines = map_size(c),
		.no_waker = c->session->no_waker,
		.max_overhead = c->session->max_overhead,
		.drop = c->session->drop,
		.wake = c->wake,
		.ctx = c->ctx,
	};
	int r;

	if (!c->target.n_sites) {
		*err = c->target.no_probes;
		return err->errnum ? -err->errnum : -EINVAL;
	}
	if (c->session->syscalls && !c->target.sees_syscalls &&
	    target_add_syscall_sites(&c->target, err))
		log_add(LOG_WARNING, "--syscalls: %s", err->text);
	o.flap_reasons = c->runtime_open
				 ? runtime_flap_reasons(reader_runtime(c->reader))
				 : layout_flap_reasons(&c->target.layout,
						       &go_exe_info(c->target.exe)->version);
	__atomic_add_fetch(&c->users, 1, __ATOMIC_RELAXED);
	r = live_open(&c->live, &o, err);
	if (r) {
		__atomic_sub_fetch(&c->users, 1, __ATOMIC_RELAXED);
		return r;
	}
	c->probing = true;
	c->attached = live_attached_at(c->live);
	c->attached_pct = 100;
	return 0;
}

/* Probes as far as they are wanted and to be had; `memory`: whether memory can stand in. */
static int try_probes(struct collector *c, bool memory, struct err *err)
{
	int r;

	c->attached = clock_mono();
	if (!wants_probes(c))
		return 0;
	r = attach_probes(c, err);
	if (!r)
		return 0;
	c->no_probes = *err;
	if (c->session->mode == SOURCE_PROBE) {
		/* "probe: exit status 3 where they are not to be had" (INTERFACE.md) */
		err->status = EXIT_PERMISSION;
		return r;
	}
	if (!memory)
		return r;
	/* A command that is gone before it ran: its release tells why, if anybody still wants it. */
	if (err->errnum == ESRCH && c->session->command)
		return 0;
	snprintf(c->why, sizeof(c->why), "memory only: %s", err->text);
	log_add(LOG_WARNING, "%s", c->why);
	return 0;
}

/* ---- the two orders --------------------------------------------------------------------------- */

/* What is left without memory: probes, unless they were not wanted. */
static int settle_memory(struct collector *c, struct err *err)
{
	if (c->target.memory || !wants_memory(c))
		return 0;
	if (c->session->mode == SOURCE_MEMORY) {
		*err = c->target.no_memory;
		return -EACCES;
	}
	snprintf(c->why, sizeof(c->why), "probes only: %s", c->target.no_memory.text);
	return 0;
}

static int neither_way(const struct collector *c, struct err *err)
{
	const struct err *probes = &c->no_probes;

	/* It has ended meanwhile: no permission would help. */
	if (probes->errnum == ESRCH) {
		*err = *probes;
		return -ESRCH;
	}
	return err_set(err, EXIT_PERMISSION, EACCES, "neither way is open. Probes: %s. Memory: %s",
		       probes->text, c->target.no_memory.text);
}

/* With a layout that only the live process tells nothing begins before it has (law 6). */
static bool needs_process(const struct collector *c)
{
	return c->target.layout.origin == LAYOUT_UNKNOWN;
}

static int open_unknown(struct collector *c, struct err *err)
{
	const char *why = c->target.no_memory.text;
	int r = 0;

	if (c->reader)
		r = open_runtime(c, err);
	if (r || !needs_process(c))
		return r;
	if (!wants_memory(c))
		why = "--source probe does without";
	else if (c->target.memory)
		why = "that does not answer";
	return err_set(err, c->target.memory ? EXIT_TARGET : EXIT_PERMISSION, ENOTSUP,
		       "%s; the memory of the process may tell it, but %s",
		       c->target.no_layout.text, why);
}

static int attach_running(struct collector *c, struct err *err)
{
	int r = target_open(&c->target, c->session->pid, err);

	if (!r)
		r = settle_memory(c, err);
	if (!r)
		r = start_reader(c, err);
	if (!r)
		r = needs_process(c) ? open_unknown(c, err) : open_runtime(c, err);
	if (r)
		return r;
	r = try_probes(c, c->reader, err);
	if (!r && c->why[0] && c->probing)
		log_add(LOG_WARNING, "%s", c->why);
	return r && !c->reader && wants_memory(c) ? neither_way(c, err) : r;
}

/* After the exec: probes for a command whose layout its process had to tell. */
static int probe_late(struct collector *c, struct err *err)
{
	int r = open_unknown(c, err);

	if (!r)
		r = try_probes(c, c->reader, err);
	if (!r && c->probing)
		snprintf(c->why, sizeof(c->why),
			 "probes began when its layout was known (%s), not at its start",
			 layout_origin_name(c->target.layout.origin));
	return r;
}

static int open_released(struct collector *c, struct err *err)
{
	int r = target_open_process(&c->target, err);

	if (r == -ESRCH)
		return err_set(err, EXIT_TARGET, ESRCH, "%s ended before it could be looked at",
			       command_exe(c->session->command));
	return r;
}

/* Probes first, then the exec, then memory: so the first goroutine's birth is seen. */
static int attach_command(struct collector *c, struct err *err)
{
	struct command *command = c->session->command;
	int r = target_open_command(&c->target, command_pid(command), command_exe(command), err);
	bool late = !r && needs_process(c);

	if (!r && !late)
		r = try_probes(c, wants_memory(c), err);
	if (!r)
		r = command_release(command, err);
	if (!r)
		r = open_released(c, err);
	if (!r)
		r = settle_memory(c, err);
	/* Memory was to stand in for the probes, and cannot. */
	if (!r && !late && !c->target.memory && c->no_probes.status)
		r = neither_way(c, err);
	if (!r)
		r = start_reader(c, err);
	if (!r && late)
		r = probe_late(c, err);
	else if (!r && c->reader)
		reader_ask(c->reader, READER_OPEN, NULL, 0);
	return r;
}

/* From here on nothing needs them, and nothing can have them again (DESIGN.md law 9). */
static void drop_privileges(struct collector *c)
{
	privilege_drop();
	if (c->probing && !c->why[0])
		snprintf(c->why, sizeof(c->why),
			 "privileges are given up (--drop): no governor, no other target");
}

int collector_attach(struct collector *c, struct err *err)
{
	int r = c->session->command ? attach_command(c, err) : attach_running(c, err);

	if (!r && c->session->drop)
		drop_privileges(c);
	return r;
}
