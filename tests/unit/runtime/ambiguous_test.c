// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What could be read in two ways is not read at all, and it is said why: two layouts of the table that
 * both fit, a field that may be in two places, two lists that may be that of the goroutines.
 */
#include "tests/unit/runtime/process.h"

static int finish(void **state)
{
	if (*state)
		process_free(*state);
	return 0;
}

static struct process_made_up *begin(void **state, int minor, bool busy)
{
	struct process_made_up *p = process_new(minor);

	*state = p;
	put_goroutines(p, busy);
	return p;
}

static void put_allgs(struct process_made_up *p)
{
	put_list(p, p->global[GG_ALLGS].addr, p->g, GOROUTINES);
}

/* ---- the table --------------------------------------------------------------------------------- */

static void the_one_layout_that_fits_is_taken(void **state)
{
	struct process_made_up *p = begin(state, 25, false);
	struct err err = {0};

	put_allgs(p);
	if (layout_match(&p->layout, &p->live, &err))
		fail_msg("%s", err.text);
	assert_int_equal(p->layout.origin, LAYOUT_MATCHED);
	assert_non_null(strstr(p->layout.source, "go1.25"));
	assert_int_equal(p->layout.offset[LF_M_PROCID], p->row->offset[LF_M_PROCID]);
}

/* Goroutines of Go 1.25 lie as those of 1.22 do; the ms do not, but both places name a thread. */
static struct process_made_up *put_two_releases(void **state)
{
	struct process_made_up *p = begin(state, 25, false);
	struct go_version v = {.major = 1, .minor = 22};
	const struct layout_row *other = layout_table_find(&v, go_exe_info(p->exe)->arch);

	assert_non_null(other);
	assert_int_not_equal(other->offset[LF_M_PROCID], p->row->offset[LF_M_PROCID]);
	put_allgs(p);
	put64(p, p->m + (uint64_t)other->offset[LF_M_PROCID], 4712);
	return p;
}

static void two_layouts_that_fit_are_refused(void **state)
{
	struct process_made_up *p = put_two_releases(state);
	struct err err = {0};

	assert_int_equal(layout_match(&p->layout, &p->live, &err), -ENOTUNIQ);
	assert_int_equal(err.status, EXIT_TARGET);
	assert_non_null(strstr(err.text, "both that of go1.25"));
	assert_non_null(strstr(err.text, "and that of go1.22"));
	assert_non_null(strstr(err.text, "fit the live process"));
	assert_int_equal(p->layout.origin, LAYOUT_UNKNOWN);
}

/* Nor is it searched then: what fits twice would be found twice as well, or wrong. */
static void the_refusal_names_the_release_and_both(void **state)
{
	struct process_made_up *p = put_two_releases(state);
	struct runtime *rt = NULL;
	struct err err = {0};

	assert_int_equal(runtime_open_any(&rt, &p->layout, &p->live, &err), -ENOTSUP);
	assert_null(rt);
	assert_int_equal(err.status, EXIT_TARGET);
	assert_non_null(strstr(err.text, "the layout of go1."));
	assert_non_null(strstr(err.text, "'s runtime is not known: both that of go1.25"));
}

/* ---- the search -------------------------------------------------------------------------------- */

/* A release whose status is where the executable's own casgstatus changes it. */
static struct process_made_up *begin_search(void **state)
{
	struct process_made_up *p = begin(state, 25, true);
	int32_t status;

	put_allgs(p);
	if (!go_status_offset(p->exe, &status))
		fail_msg("casgstatus does not tell where the status is");
	if (status != p->row->offset[LF_G_ATOMICSTATUS])
		skip_for("toolchain", "this release has the status elsewhere");
	return p;
}

static const enum layout_field searched[] = {
	LF_G_GOID,    LF_G_ATOMICSTATUS, LF_G_WAITREASON, LF_G_M,
	LF_G_STARTPC, LF_G_GOPC,	 LF_M_PROCID,	  LF_M_CURG,
};

static void what_is_in_one_place_is_found(void **state)
{
	struct process_made_up *p = begin_search(state);
	struct err err = {0};

	if (layout_calibrate(&p->layout, &p->live, &err))
		fail_msg("%s", err.text);
	assert_int_equal(p->layout.origin, LAYOUT_CALIBRATED);
	for (size_t i = 0; i < ARRAY_SIZE(searched); i++)
		assert_int_equal(p->layout.offset[searched[i]], p->row->offset[searched[i]]);
}

/* Behind all that is known of a g or an m, and inside what is searched. */
enum { SPARE_IN_G = 600, SPARE_IN_M = 1000 };

static void put_twice(struct process_made_up *p, enum layout_field f, int32_t spare, uint64_t addr)
{
	uint64_t v;

	assert_int_equal(memory_read_all(&p->memory, field_of(p, addr, f), &v, sizeof(v)), 0);
	if (f == LF_G_WAITREASON)
		v &= 0xff;
	put64(p, addr + (uint64_t)spare, v);
}

static void check_refused(struct process_made_up *p, const char *says)
{
	const struct layout before = p->layout;
	struct err err = {0};

	assert_int_equal(layout_calibrate(&p->layout, &p->live, &err), -ENOTUNIQ);
	assert_int_equal(err.status, EXIT_TARGET);
	assert_string_equal(err.text, says);
	assert_memory_equal(&p->layout, &before, sizeof(before));
}

static void a_field_of_g_in_two_places_is_refused(void **state)
{
	static const struct {
		enum layout_field field;
		const char *says;
	} twice[] = {
		{LF_G_GOID, "goid may be at 2 places in g"},
		{LF_G_STARTPC, "startpc may be at 2 places in g"},
		{LF_G_GOPC, "gopc may be at 2 places in g"},
		{LF_G_WAITREASON, "waitreason may be at 2 places in g"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(twice); i++) {
		struct process_made_up *p = begin_search(state);

		for (size_t k = 0; k < GOROUTINES; k++)
			put_twice(p, twice[i].field, SPARE_IN_G, p->g[k]);
		check_refused(p, twice[i].says);
		finish(state);
		*state = NULL;
	}
}

static void an_m_in_two_places_of_g_is_refused(void **state)
{
	struct process_made_up *p = begin_search(state);
	uint64_t g0;

	assert_int_equal(memory_read_all(&p->memory, field_of(p, p->m, LF_M_G0), &g0, sizeof(g0)),
			 0);
	put_twice(p, LF_G_M, SPARE_IN_G, p->g[GOROUTINES - 1]);
	put_twice(p, LF_G_M, SPARE_IN_G, g0);
	check_refused(p, "g.m was not found, or in several places");
}

static void a_field_of_m_in_two_places_is_refused(void **state)
{
	struct process_made_up *p = begin_search(state);

	put_twice(p, LF_M_CURG, SPARE_IN_M, p->m);
	check_refused(p, "curg may be at 2 places in m");
	finish(state);

	p = begin_search(state);
	put_twice(p, LF_M_PROCID, SPARE_IN_M, p->m);
	check_refused(p, "procid may be at 2 places in m");
}

/* ---- the list of goroutines -------------------------------------------------------------------- */

/* Where the executable has its list there is nothing; this one is elsewhere in its data. */
static uint64_t elsewhere(const struct process_made_up *p, size_t n)
{
	const struct go_range *last = &p->segment[p->n_segments - 2].at;

	return ((last->end - 64) & ~7ull) - n * 64;
}

static int open_layout(struct process_made_up *p, struct runtime **rt, struct err *err)
{
	struct layout layout;

	layout_from_row(&layout, p->row, LAYOUT_TABLE);
	return runtime_open(rt, p->exe, &layout, &p->memory, 0, NULL, err);
}

static void check_scanned(struct process_made_up *p, uint64_t at)
{
	const struct go_global_place *found;
	struct runtime *rt = NULL;
	struct err err = {0};

	if (open_layout(p, &rt, &err))
		fail_msg("%s", err.text);
	found = &runtime_globals(rt)[GG_ALLGS];
	assert_int_equal(found->addr, at);
	assert_string_equal(found->how, "found by scanning the writable memory");
	assert_int_equal(runtime_count(rt), GOROUTINES);
	runtime_close(rt);
}

static void the_one_list_is_found_by_scanning(void **state)
{
	struct process_made_up *p = begin(state, 25, true);

	put_list(p, elsewhere(p, 0), p->g, GOROUTINES);
	check_scanned(p, elsewhere(p, 0));
}

/* The collector keeps what the list was when it began. */
static void of_a_list_and_its_beginning_the_longer_is_taken(void **state)
{
	struct process_made_up *p = begin(state, 25, true);

	put_list(p, elsewhere(p, 0), p->g, GOROUTINES - 1);
	put_list(p, elsewhere(p, 1), p->g, GOROUTINES);
	put_list(p, elsewhere(p, 2), p->g, GOROUTINES - 2);
	check_scanned(p, elsewhere(p, 1));
}

static void of_two_lists_none_is_taken(void **state)
{
	struct process_made_up *p = begin(state, 25, true);
	struct runtime *rt = NULL;
	struct err err = {0};

	/* Where it should be is something else: not a process that has just begun. */
	put64(p, p->global[GG_ALLGS].addr, 1);
	put_list(p, elsewhere(p, 0), p->g, GOROUTINES);
	put_list(p, elsewhere(p, 1), p->g + 1, GOROUTINES - 1);
	assert_true(open_layout(p, &rt, &err) < 0);
	assert_null(rt);
	assert_int_equal(err.status, EXIT_TARGET);
	if (!strstr(err.text, "runtime.allgs") || !strstr(err.text, "several"))
		fail_msg("it says: %s", err.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_one_layout_that_fits_is_taken, finish),
		cmocka_unit_test_teardown(two_layouts_that_fit_are_refused, finish),
		cmocka_unit_test_teardown(the_refusal_names_the_release_and_both, finish),
		cmocka_unit_test_teardown(what_is_in_one_place_is_found, finish),
		cmocka_unit_test_teardown(a_field_of_g_in_two_places_is_refused, finish),
		cmocka_unit_test_teardown(an_m_in_two_places_of_g_is_refused, finish),
		cmocka_unit_test_teardown(a_field_of_m_in_two_places_is_refused, finish),
		cmocka_unit_test_teardown(the_one_list_is_found_by_scanning, finish),
		cmocka_unit_test_teardown(of_a_list_and_its_beginning_the_longer_is_taken, finish),
		cmocka_unit_test_teardown(of_two_lists_none_is_taken, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
