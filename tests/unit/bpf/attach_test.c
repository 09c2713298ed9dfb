// SPDX-License-Identifier: GPL-2.0-or-later
/* Setting probes and taking them away: all or nothing, whatever becomes of us. */
#include "harness.h"
#include "tests/unit/process/child.h"

#include <sched.h>

#include "bpf/tracer_internal.h"

/* The probed bytes as they are in memory: a breakpoint shows. */
static bool probed(const char *site)
{
#ifdef __x86_64__
	return *(volatile const unsigned char *)site == 0xcc;
#else
	return *(volatile const uint32_t *)site != 0xd503201f; /* nop */
#endif
}

static void probes_are_there_while_attached(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = open_tracer(&o);
	struct fake_g g = fake_g_make(50);

	(void)state;
	assert_false(probed(fake_cas_site));
	assert_string_equal(tracer_method(t), "");
	attach(t);
	assert_true(probed(fake_cas_site));
	assert_true(tracer_attached(t));
	assert_string_equal(tracer_method(t), attach_multi_known() ? "uprobe_multi" : "perf event");
	attach(t); /* twice is once */
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	assert_int_equal(counters(t).hits, 1);
	tracer_detach(t);
	assert_false(probed(fake_cas_site));
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	assert_int_equal(counters(t).hits, 1);
	/* What was known stays to be read. */
	assert_int_equal(entry(t, 50).transitions, 1);
	tracer_detach(t);
	tracer_close(t);
}

static void closing_takes_the_probes_away(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);

	(void)state;
	assert_true(probed(fake_cas_site));
	tracer_close(t);
	assert_false(probed(fake_cas_site));
	tracer_close(NULL);
}

/* ---- several sites ------------------------------------------------------------------------------ */

static void check_two_sites(struct tracer *t)
{
	struct fake_g g = fake_g_make(51);
	struct taken taken;

	g.waitreason = REASON_WAIT;
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	fake_cas_24(&g, 0, 0, NULL);
	cas(&g, GS_WAITING, GS_RUNNABLE);
	assert_int_equal(drain(t, &taken), 3);
	assert_int_equal(taken.r[1].old_state, GS_RUNNING);
	assert_int_equal(taken.r[1].new_state, GS_WAITING);
	assert_int_equal(taken.r[1].g, (uintptr_t)&g);
	assert_int_equal(taken.r[1].reason, REASON_WAIT);
	assert_int_equal(taken.r[2].old_state, GS_WAITING);
	assert_int_equal(entry(t, 51).transitions, 3);
	assert_int_equal(counters(t).missed, 0);
	assert_int_equal(counters(t).bad_site, 0);
}

static void every_site_says_what_it_knows(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t;

	(void)state;
	o.n_sites = 2;
	t = start(&o);
	check_two_sites(t);
	tracer_close(t);
	assert_false(probed(fake_cas_site));
	assert_false(probed(fake_cas_24_site));
}

/* A copy that fetches gp from the stack at each turn of its loop. */
static void a_site_may_find_its_goroutine_on_the_stack(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer_site sites[2] = {o.sites[0], o.sites[1]};
	struct tracer *t;

	(void)state;
	sites[1].site.gp = (struct gt_value){GT_STACK, SP_GP_24};
	o.sites = sites;
	o.n_sites = 2;
	t = start(&o);
	check_two_sites(t);
	tracer_close(t);
}

/* Where the kernel has no uprobe_multi, a perf event for each and cookies must do. */
static void every_site_by_perf_events(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct gt_site wire[2] = {fake_sites()[0].site, fake_sites()[1].site};
	struct load_request q = {.config = o.config,
				 .sites = wire,
				 .max_goroutines = 100,
				 .ring_bytes = 4096,
				 .method = ATTACH_PERF};
	uint64_t offsets[2] = {fake_sites()[0].file_offset, fake_sites()[1].file_offset};
	struct attach_request how = {.method = ATTACH_PERF,
				     .path = o.exe_path,
				     .offsets = offsets,
				     .n = 2,
				     .pid = getpid()};
	struct tracer t = {0};
	struct err err;

	(void)state;
	o.n_sites = 2;
	tracer_close(open_tracer(&o)); /* skips where it can't be */
	q.config.n_sites = 2;
	if (load_instance(&t.skel, &t.tables, &q, &err))
		fail_msg("%s", err.text);
	how.prog_fd = bpf_program__fd(t.skel->progs.on_casgstatus);
	if (attach_sites(&t.at, &how, &err))
		fail_msg("%s", err.text);
	load_count_hits(t.skel, true);
	{
		struct fake_g g = fake_g_make(51);

		cas(&g, GS_RUNNABLE, GS_RUNNING);
		fake_cas_24(&g, 0, 0, NULL);
		cas(&g, GS_WAITING, GS_RUNNABLE);
	}
	assert_int_equal(entry(&t, 51).transitions, 3);
	assert_int_equal(counters(&t).missed, 0);
	attach_undo(&t.at);
	assert_false(probed(fake_cas_site));
	assert_false(probed(fake_cas_24_site));
	tables_close(&t.tables);
	goroutine_bpf__destroy(t.skel);
}

static void one_site_that_fails_leaves_none(void **state)
{
	struct tracer_site sites[2] = {fake_sites()[0], fake_sites()[1]};
	struct tracer_options o = options_for(getpid());
	struct fake_g g = fake_g_make(52);
	struct err err = {0};
	struct tracer *t;

	(void)state;
	sites[1].file_offset = 1ull << 40;
	o.sites = sites;
	o.n_sites = 2;
	t = open_tracer(&o);
	assert_true(tracer_attach(t, &err) < 0);
	assert_true(err.text[0]);
	assert_false(tracer_attached(t));
	assert_false(probed(fake_cas_site));
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	assert_int_equal(counters(t).hits, 0);
	tracer_close(t);
}

/* ---- others ------------------------------------------------------------------------------------- */

static void two_tracers_at_one_place_both_see(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *one = start(&o), *two = start(&o);
	struct fake_g g = fake_g_make(53);

	(void)state;
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	tracer_close(one);
	cas(&g, GS_RUNNING, GS_WAITING);
	assert_int_equal(counters(two).hits, 2);
	assert_int_equal(entry(two, 53).transitions, 2);
	tracer_close(two);
	assert_false(probed(fake_cas_site));
}

static void trace_the_parent(struct child *self, void *arg)
{
	struct tracer_options o = options_for(getppid());
	struct err err;
	struct tracer *t;

	(void)self;
	(void)arg;
	if (tracer_open(&t, &o, &err) || tracer_attach(t, &err))
		_exit(90);
}

static void a_killed_tool_leaves_nothing(void **state)
{
	struct tracer_options o = options_for(getpid());
	uint64_t until = clock_mono() + 60 * NSEC_PER_SEC;
	struct child tool;

	(void)state;
	tracer_close(open_tracer(&o));
	tool = child_start(trace_the_parent, NULL);
	assert_true(probed(fake_cas_site));
	child_end(&tool);
	while (probed(fake_cas_site) && clock_mono() < until)
		usleep(1000);
	assert_false(probed(fake_cas_site));
}

/* ---- killed while it detaches ------------------------------------------------------------------- */

struct kill {
	useconds_t delay; /* after it began to detach */
	bool group;	  /* whoever holds the probes for it as well */
};

static void detach_from_the_parent(struct child *self)
{
	struct tracer_options o = options_for(getppid());
	struct err err;
	struct tracer *t;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setpgid(0, 0) || tracer_open(&t, &o, &err) || tracer_attach(t, &err))
		_exit(90);
	child_say(self);
	tracer_detach(t);
	_exit(0);
}

static bool target_is_left_clean(void *how)
{
	/* The kernel takes its time on a busy machine: it is done in turns with all other tracers. */
	uint64_t until = clock_mono() + 60 * NSEC_PER_SEC;
	const struct kill *k = how;
	struct child tool;
	int up[2];

	if (pipe(up))
		return false;
	tool = (struct child){.pid = fork(), .hear = up[0]};
	if (!tool.pid)
		detach_from_the_parent(&(struct child){.pid = getpid(), .tell = up[1]});
	parent_await(&tool);
	usleep(k->delay);
	kill(k->group ? -tool.pid : tool.pid, SIGKILL);
	waitpid(tool.pid, NULL, 0);
	while (probed(fake_cas_site) && clock_mono() < until)
		usleep(1000);
	return !probed(fake_cas_site);
}

static void a_tool_killed_while_it_detaches_leaves_nothing(void **state)
{
	static const useconds_t delays[] = {0,	   1000,  3000,	 8000,	15000,
					    25000, 35000, 45000, 60000, 90000};
	struct tracer_options o = options_for(getpid());

	(void)state;
	tracer_close(open_tracer(&o));
	for (size_t i = 0; i < 2 * sizeof(delays) / sizeof(delays[0]); i++) {
		struct kill how = {delays[i / 2], i % 2};

		if (!holds_in_child(target_is_left_clean, &how))
			fail_msg("killed after %u µs%s: the breakpoint stays", how.delay,
				 how.group ? " with its group" : "");
	}
}

static bool child_hits(void *arg)
{
	for (int i = 0; i < 100; i++)
		cas(arg, GS_RUNNABLE, GS_RUNNING);
	return true;
}

static void a_forked_child_is_not_counted(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct fake_g g = fake_g_make(54);
	struct taken taken;

	(void)state;
	assert_true(holds_in_child(child_hits, &g));
	assert_int_equal(counters(t).hits, 0);
	assert_true(counters(t).strangers <= 1); /* its copy of the text is cleaned at the first */
	assert_int_equal(drain(t, &taken), 0);
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	assert_int_equal(counters(t).hits, 1);
	tracer_close(t);
}

/* ---- refusals ----------------------------------------------------------------------------------- */

static void refused(const struct tracer_options *o, enum exit_status status, const char *says)
{
	struct tracer *t = NULL;
	struct err err = {0};
	int r = tracer_open(&t, o, &err);

	if (!r)
		r = tracer_attach(t, &err);
	assert_true(r < 0);
	if (err.status != status || !strstr(err.text, says))
		fail_msg("%d, \"%s\" does not say \"%s\"", (int)err.status, err.text, says);
	tracer_close(t);
}

static void what_can_not_be_probed_is_named(void **state)
{
	struct tracer_options good = options_for(getpid()), o;

	(void)state;
	tracer_close(open_tracer(&good));
	o = good;
	snprintf(o.exe_path, sizeof(o.exe_path), "/no/such/file");
	refused(&o, EXIT_TARGET, "/no/such/file");
	o = good;
	o.pid = 4194304;
	refused(&o, EXIT_TARGET, "has ended");
	o = good;
	snprintf(o.exe_path, sizeof(o.exe_path), "/proc/self/stat");
	refused(&o, EXIT_FAILED, "file system");
	o = good;
	o.max_goroutines = UINT32_MAX;
	refused(&o, EXIT_FAILED, "--max-goroutines");
}

static void options_without_sense_are_refused(void **state)
{
	struct tracer_options good = options_for(getpid()), o;

	(void)state;
	o = good;
	o.n_sites = 0;
	refused(&o, EXIT_FAILED, "no sense");
	o.n_sites = GT_MAX_SITES + 1;
	refused(&o, EXIT_FAILED, "no sense");
	o = good;
	o.ring_bytes = 5000;
	refused(&o, EXIT_FAILED, "no sense");
	o = good;
	o.config.off_goid = -1;
	refused(&o, EXIT_FAILED, "no sense");
	o = good;
	o.pid = 0;
	refused(&o, EXIT_FAILED, "no sense");
	o = good;
	memset(o.exe_path, 'x', sizeof(o.exe_path));
	refused(&o, EXIT_FAILED, "no sense");
}

/* ---- the cost of a hit -------------------------------------------------------------------------- */

/* The cheapest of some rounds of hits, ns a hit. */
static double cost_seen(struct tracer *t)
{
	enum { ROUNDS = 10, HITS = 300 };
	struct fake_g g = fake_g_make(55);
	uint64_t best = UINT64_MAX;
	struct taken taken;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t ns = clock_mono();

		for (int i = 0; i < HITS; i++)
			cas(&g, i % 2 ? GS_RUNNING : GS_WAITING, i % 2 ? GS_WAITING : GS_RUNNING);
		ns = clock_mono() - ns;
		best = ns < best ? ns : best;
		drain(t, &taken);
	}
	return (double)best / HITS;
}

static double calibrated(struct tracer *t)
{
	double ns = 0;
	struct err err;

	if (tracer_calibrate(t, &ns, &err))
		fail_msg("%s", err.text);
	return ns;
}

static void a_hit_costs_what_is_said(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = open_tracer(&o);
	double said = calibrated(t), seen;
	struct taken taken;

	(void)state;
	/* It leaves nothing behind. */
	assert_int_equal(counters(t).hits, 0);
	assert_int_equal(drain(t, &taken), 0);
	attach(t);
	seen = cost_seen(t);
	print_message("said %.0f ns a hit, seen %.0f\n", said, seen);
	/* Machines under emulation, or under load, differ from one moment to the next. */
	assert_true(said > seen / 10 && said < seen * 10);
	tracer_close(t);
}

static void stepping_costs_more_than_emulation(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer_site stepped = *o.sites;
	struct tracer *t = open_tracer(&o);
	double emulated = calibrated(t), again = calibrated(t);

	(void)state;
	tracer_close(t);
	stepped.emulated = false;
	o.sites = &stepped;
	t = open_tracer(&o);
	assert_true(calibrated(t) > (emulated < again ? emulated : again));
	tracer_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probes_are_there_while_attached),
		cmocka_unit_test(closing_takes_the_probes_away),
		cmocka_unit_test(every_site_says_what_it_knows),
		cmocka_unit_test(a_site_may_find_its_goroutine_on_the_stack),
		cmocka_unit_test(every_site_by_perf_events),
		cmocka_unit_test(one_site_that_fails_leaves_none),
		cmocka_unit_test(two_tracers_at_one_place_both_see),
		cmocka_unit_test(a_killed_tool_leaves_nothing),
		cmocka_unit_test(a_tool_killed_while_it_detaches_leaves_nothing),
		cmocka_unit_test(a_forked_child_is_not_counted),
		cmocka_unit_test(what_can_not_be_probed_is_named),
		cmocka_unit_test(options_without_sense_are_refused),
		cmocka_unit_test(a_hit_costs_what_is_said),
		cmocka_unit_test(stepping_costs_more_than_emulation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
