// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "model/filter.h"
#include "tui/options.h"

/* A whole number in [least, most], and nothing behind it. */
static bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *ret)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return !errno && !*end && *ret >= least && *ret <= most;
}

static int take_pid(struct options *o, const char *argument, struct err *err)
{
	uint64_t pid;

	if (!parse_number(argument, 1, INT_MAX, &pid))
		return err_set(err, EXIT_USAGE, 0, "--pid wants a process id, not \"%s\"",
			       argument);
	if (o->target)
		return err_set(err, EXIT_USAGE, 0, "two targets: \"%s\" and \"%s\"", o->target,
			       argument);
	o->target = argument;
	return 0;
}

static int take_delay(struct options *o, const char *argument, struct err *err)
{
	char *end;
	double seconds = strtod(argument, &end);

	if (end == argument || *end || !isfinite(seconds) || seconds * 1000 < DELAY_LEAST_MS ||
	    seconds > 86400)
		return err_set(err, EXIT_USAGE, 0,
			       "--delay wants seconds from 0.05 to 86400, not \"%s\"", argument);
	o->delay = (uint64_t)(seconds * (double)NSEC_PER_SEC);
	return 0;
}

static int take_sort(struct options *o, const char *argument, struct err *err)
{
	return sort_parse(argument, &o->sort, err);
}

static int take_filter(struct options *o, const char *argument, struct err *err)
{
	struct filter *filter;
	int r = filter_parse(&filter, argument, err);

	if (r < 0)
		return r;
	filter_free(filter);
	o->filter = argument;
	return 0;
}

static int take_columns(struct options *o, const char *argument, struct err *err)
{
	return columns_parse(argument, o->columns, LAYOUT_MAX, &o->n_columns, err);
}

static int take_group(struct options *o, const char *argument, struct err *err)
{
	o->grouped = true;
	return group_by_parse(argument, &o->group_by, err);
}

static int take_radar(struct options *o, const char *argument, struct err *err)
{
	return radar_parse(argument, &o->radar, err);
}

static int take_iterations(struct options *o, const char *argument, struct err *err)
{
	if (!parse_number(argument, 1, UINT64_MAX, &o->iterations))
		return err_set(err, EXIT_USAGE, 0,
			       "--iterations wants a number from 1 on, not \"%s\"", argument);
	return 0;
}

static int take_format(struct options *o, const char *argument, struct err *err)
{
	char names[200] = "";
	size_t len = 0;

	o->format = format_by_name(argument);
	if (o->format)
		return 0;
	for (size_t i = 0; i < n_formats && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i ? ", " : "",
					formats[i].name);
	return err_set(err, EXIT_USAGE, 0, "no format \"%s\"; there are %s", argument, names);
}

static int take_output(struct options *o, const char *argument, struct err *err)
{
	(void)err;
	o->output = argument;
	return 0;
}

/* The place of argument in a list of words; −1 and EXIT_USAGE when it is not there. */
static int take_word(const char *option, const char *const *words, const char *argument,
		     struct err *err)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], argument))
			return i;
	err_set(err, EXIT_USAGE, 0, "%s is one of %s, %s, %s, not \"%s\"", option, words[0],
		words[1], words[2], argument);
	return -1;
}

static int take_source(struct options *o, const char *argument, struct err *err)
{
	static const char *const words[] = {
		[SOURCE_AUTO] = "auto", [SOURCE_PROBE] = "probe", [SOURCE_MEMORY] = "memory", NULL};
	int i = take_word("--source", words, argument, err);

	if (i < 0)
		return -EINVAL;
	o->mode = (enum source_mode)i;
	return 0;
}

static int take_max_goroutines(struct options *o, const char *argument, struct err *err)
{
	uint64_t n;

	/* 2^27 entries of the kernel's table would be 27 GB. */
	if (!parse_number(argument, 1, 1u << 27, &n))
		return err_set(err, EXIT_USAGE, 0,
			       "--max-goroutines wants a number from 1 to %u, not \"%s\"", 1u << 27,
			       argument);
	o->max_goroutines = (uint32_t)n;
	return 0;
}

static int take_max_overhead(struct options *o, const char *argument, struct err *err)
{
	char *end;
	double percent = strtod(argument, &end);

	if (end == argument || *end || !isfinite(percent) || percent < 0 || percent > 100)
		return err_set(err, EXIT_USAGE, 0,
			       "--max-overhead wants a percentage from 0 to 100, not \"%s\"",
			       argument);
	o->max_overhead = percent;
	return 0;
}

static int take_user(struct options *o, const char *argument, struct err *err)
{
	(void)err;
	o->user = argument;
	return 0;
}

static int take_color(struct options *o, const char *argument, struct err *err)
{
	static const char *const words[] = {
		[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never", NULL};
	int i = take_word("--color", words, argument, err);

	if (i < 0)
		return -EINVAL;
	o->color = (enum color_choice)i;
	return 0;
}

#define FLAG(member) NULL, offsetof(struct options, member)

const struct option_row option_rows[] = {
	{'p', "pid", "PID", take_pid, 0, "watch this process: the same as a numeric TARGET"},
	{'l', "list", NULL, FLAG(list), "list the Go processes of this machine"},
	{'d', "delay", "SECONDS", take_delay, 0, "refresh interval, decimals allowed; default 1"},
	{'s', "sort", "COLUMN[:asc|:desc]", take_sort, 0, "sort order; default age, oldest first"},
	{'f', "filter", "EXPR", take_filter, 0, "show only what matches, as the / key takes it"},
	{'c', "columns", "LIST", take_columns, 0, "columns, in order, separated by commas"},
	{'g', "group", "KEY", take_group, 0,
	 "groups instead of goroutines: site, start, where, state, reason, thread, label=NAME"},
	{0, "radar", "off|grow=N,wait=TIME,time=TIME", take_radar, 0,
	 "mark creation sites that grow by N in TIME with N that wait as long; default "
	 "grow=10,wait=1m,time=3m"},
	{'a', "all", NULL, FLAG(all), "the runtime's own goroutines too"},
	{'b', "batch", NULL, FLAG(batch),
	 "no screen: print every refresh; also when standard output is not a terminal"},
	{'n', "iterations", "N", take_iterations, 0, "stop after N refreshes"},
	{'F', "format", "FORMAT", take_format, 0, "what to print; implies --batch"},
	{'o', "output", "FILE", take_output, 0, "write there instead of standard output"},
	{0, "source", "auto|probe|memory", take_source, 0,
	 "auto: probes and memory, whatever is permitted; probe: probes alone; memory: no probes"},
	{0, "max-goroutines", "N", take_max_goroutines, 0,
	 "room in the kernel's table to begin with; it grows when four fifths are taken"},
	{0, "syscalls", NULL, FLAG(syscalls),
	 "probe each syscall also where the runtime bypasses casgstatus (Go 1.26 on)"},
	{0, "max-overhead", "PERCENT", take_max_overhead, 0,
	 "most CPU time that probing may take from the target, in percent of what it uses or of "
	 "one CPU; above it probes are on for part of the time; default 5; 0: no bound"},
	{0, "no-waker", NULL, FLAG(no_waker), "do not ask who woke a goroutine"},
	{0, "drop", NULL, FLAG(drop),
	 "give up all privileges once attached: probes that become too dear go off for good, and "
	 "no other target can be chosen"},
	{0, "doctor", NULL, FLAG(doctor),
	 "say what works here and for TARGET, how it was understood, and what to do about the "
	 "rest"},
	{0, "kill", NULL, FLAG(kill), "with -- COMMAND: end it when goroutop ends"},
	{0, "user", "NAME", take_user, 0, "with -- COMMAND: run it as that user"},
	{0, "color", "auto|always|never", take_color, 0, "colours; NO_COLOR is honoured"},
	{0, "ascii", NULL, FLAG(ascii), "draw and print with ASCII signs alone"},
	{0, "no-mouse", NULL, FLAG(no_mouse), "leave the mouse to the terminal"},
	{'h', "help", NULL, FLAG(help), "print this help and exit"},
	{'V', "version", NULL, FLAG(version), "print the version and exit"},
};
const size_t n_option_rows = ARRAY_SIZE(option_rows);

enum { LONG_BASE = 0x1000 }; /* getopt's value of the row i: LONG_BASE + i */

/* "-" first: operands come in order as option 1, so that "--" alone divides off a COMMAND. */
static void getopt_tables(char *shorts, struct option *longs)
{
	*shorts++ = '-';
	*shorts++ = ':';
	for (size_t i = 0; i < n_option_rows; i++) {
		const struct option_row *row = &option_rows[i];

		longs[i] =
			(struct option){row->name, row->argument ? required_argument : no_argument,
					NULL, LONG_BASE + (int)i};
		if (row->letter)
			*shorts++ = row->letter;
		if (row->letter && row->argument)
			*shorts++ = ':';
	}
	*shorts = '\0';
	longs[n_option_rows] = (struct option){0};
}

static const struct option_row *row_of(int value)
{
	for (size_t i = 0; i < n_option_rows; i++)
		if (value == LONG_BASE + (int)i || value == option_rows[i].letter)
			return &option_rows[i];
	return NULL;
}

static int unknown_option(char **argv, struct err *err)
{
	if (optopt && optopt < LONG_BASE)
		return err_set(err, EXIT_USAGE, 0, "no option -%c", optopt);
	return err_set(err, EXIT_USAGE, 0,
		       optopt ? "%s takes no argument" : "no such option, or not a clear one: %s",
		       argv[optind - 1]);
}

static int take_operand(struct options *o, const char *text, struct err *err)
{
	if (o->target)
		return err_set(err, EXIT_USAGE, 0, "two targets: \"%s\" and \"%s\"", o->target,
			       text);
	if (!*text)
		return err_set(err, EXIT_USAGE, 0, "an empty TARGET");
	o->target = text;
	return 0;
}

static int take_row(struct options *o, const struct option_row *row, const char *argument,
		    struct err *err)
{
	if (row->take)
		return row->take(o, argument, err);
	*(bool *)((char *)o + row->flag) = true;
	return 0;
}

static int parse_all(struct options *o, int argc, char **argv, struct err *err)
{
	struct option longs[ARRAY_SIZE(option_rows) + 1];
	char shorts[2 * ARRAY_SIZE(option_rows) + 3];
	int value, r = 0;

	getopt_tables(shorts, longs);
	opterr = 0;
	optind = 0; /* GNU: start anew, for whoever parses twice */
	while (!r && (value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct option_row *row = row_of(value == ':' ? optopt : value);

		if (value == 1)
			r = take_operand(o, optarg, err);
		else if (value == ':' && row)
			r = err_set(err, EXIT_USAGE, 0, "--%s wants %s", row->name, row->argument);
		else if (row && value != '?')
			r = take_row(o, row, optarg, err);
		else
			r = unknown_option(argv, err);
	}
	if (!r && optind < argc)
		o->command = argv + optind;
	else if (!r && argc > 1 && !strcmp(argv[argc - 1], "--"))
		r = err_set(err, EXIT_USAGE, 0, "a COMMAND must follow --");
	return r;
}

static int check_together(const struct options *o, struct err *err)
{
	if (o->command && o->target)
		return err_set(err, EXIT_USAGE, 0, "a TARGET (%s) and a COMMAND (%s): watch one",
			       o->target, o->command[0]);
	if (!o->command && (o->kill || o->user))
		return err_set(err, EXIT_USAGE, 0, "--%s goes with -- COMMAND only",
			       o->kill ? "kill" : "user");
	if (o->doctor && (o->command || o->list))
		return err_set(err, EXIT_USAGE, 0, "--doctor goes with a TARGET, or alone");
	if (o->list && (o->target || o->command))
		return err_set(err, EXIT_USAGE, 0, "--list lists all: it takes no TARGET");
	if (o->grouped && o->format && !o->format->groups)
		return err_set(err, EXIT_USAGE, 0,
			       "-F %s cannot print groups: table, json and csv can",
			       o->format->name);
	if (o->format && o->format->needs_events && o->mode == SOURCE_MEMORY)
		return err_set(err, EXIT_USAGE, 0,
			       "-F %s needs probes: it cannot go with --source memory",
			       o->format->name);
	if (o->format && o->format->needs_stacks && o->mode == SOURCE_PROBE)
		return err_set(err, EXIT_USAGE, 0,
			       "-F %s reads memory: it cannot go with --source probe",
			       o->format->name);
	if (o->format && o->format->binary && !o->output && o->iterations > 1)
		return err_set(err, EXIT_USAGE, 0,
			       "-F %s more than once needs -o FILE, which each one replaces",
			       o->format->name);
	return 0;
}

int options_parse(struct options *o, int argc, char **argv, struct err *err)
{
	int r;

	memset(o, 0, sizeof(*o));
	o->delay = NSEC_PER_SEC;
	o->radar = radar_default;
	o->max_overhead = MAX_OVERHEAD;
	r = sort_parse("age", &o->sort, err);
	if (r == 0)
		r = parse_all(o, argc, argv, err);
	if (r < 0 || o->help || o->version)
		return r;
	if (o->format && !o->format->streams && !o->iterations)
		o->iterations = 1;
	return check_together(o, err);
}

bool options_color(const struct options *o, bool terminal)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (o->color != COLOR_AUTO)
		return o->color == COLOR_ALWAYS;
	return terminal && !(no_color && *no_color) && term && strcmp(term, "dumb");
}
