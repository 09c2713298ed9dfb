// SPDX-License-Identifier: GPL-2.0-or-later
/* The program before the verifier: how much stack, in which configurations. */
#include "harness.h"

#include "bpf/tracer_internal.h"

enum { DEEPEST = 48 };

/* Loads one configuration and returns the verifier's words at log level 4 (statistics). */
static char *verifier_says(const struct gt_config *config, size_t n_sites, bool multi)
{
	enum { SIZE = 1 << 20 };
	struct goroutine_bpf *skel = goroutine_bpf__open();
	char *log = calloc(1, SIZE);
	int r;

	assert_non_null(skel);
	memcpy((void *)&skel->rodata->gt_config, config, sizeof(*config));
	for (size_t i = 0; i < n_sites; i++)
		memcpy((void *)&skel->rodata->gt_sites[i], &fake_sites()[i % 2].site,
		       sizeof(struct gt_site));
	bpf_program__set_log_level(skel->progs.on_casgstatus, 4);
	bpf_program__set_log_buf(skel->progs.on_casgstatus, log, SIZE);
	if (multi)
		bpf_program__set_expected_attach_type(skel->progs.on_casgstatus,
						      GT_TRACE_UPROBE_MULTI);
	r = goroutine_bpf__load(skel);
	if (r)
		fail_msg("%s\n%s", strerror(-r), log);
	goroutine_bpf__destroy(skel);
	return log;
}

/* "stack depth 40+0+8": of each subprogram. Older kernels say fewer things, never other ones. */
static void check_depths(const char *log)
{
	const char *p = strstr(log, "stack depth ");
	long deepest = 0;
	int n = 0;
	char *end;

	if (!p)
		fail_msg("no \"stack depth\" in: %s", log);
	for (p += strlen("stack depth "); *p >= '0' && *p <= '9'; p = *end == '+' ? end + 1 : end) {
		long depth = strtol(p, &end, 10);

		deepest = depth > deepest ? depth : deepest;
		n++;
	}
	assert_true(n > 5); /* else the parts have been inlined */
	assert_true(deepest > 0);
	assert_in_range(deepest, 1, DEEPEST);
}

static void every_configuration_loads_and_needs_little_stack(void **state)
{
	struct tracer_options o = options_for(getpid());
	static const size_t n_sites[] = {1, 2, GT_MAX_SITES};
	bool cookies;
	int loads = 0;

	(void)state;
	tracer_close(open_tracer(&o));
	diagnose_redirect_libbpf();
	cookies = libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, NULL) ==
		  1;
	for (int bits = 0; bits < 3 * 16; bits++) {
		struct gt_config c = o.config;
		size_t n = cookies ? n_sites[bits % 3] : 1; /* Linux 5.15 */
		char *log;

		c.identity = (uint32_t)(bits / 16);
		c.n_sites = (uint32_t)n;
		c.goid_late = bits & 1;
		c.off_curg = bits & 2 ? 8 : -1;
		c.park_hi = bits & 4 ? 4096 : 0;
		c.off_gopc = bits & 8 ? -1 : 288;
		c.stream = !(bits & 8);
		log = verifier_says(&c, n, false);
		check_depths(log);
		free(log);
		loads++;
	}
	assert_int_equal(loads, 48);
}

static void it_loads_for_uprobe_multi_too(void **state)
{
	struct tracer_options o = options_for(getpid());
	char *log;

	(void)state;
	tracer_close(open_tracer(&o));
	if (!attach_multi_known())
		skip_for("kernel", "this kernel has no uprobe_multi");
	o.config.n_sites = 2;
	log = verifier_says(&o.config, 2, true);
	check_depths(log);
	free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_configuration_loads_and_needs_little_stack),
		cmocka_unit_test(it_loads_for_uprobe_multi_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
