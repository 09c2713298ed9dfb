// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "format/outputs.h"

const struct format formats[] = {
	{.name = "table",
	 .help = "the screen's table, for people",
	 .streams = true,
	 .groups = true,
	 .picture = format_table},
	{.name = "json",
	 .help = "one JSON object a refresh, one a line",
	 .streams = true,
	 .groups = true,
	 .needs_waits = true,
	 .picture = format_json},
	{.name = "csv",
	 .help = "comma-separated values under a header, times in ns",
	 .streams = true,
	 .groups = true,
	 .picture = format_csv},
	{.name = "stacks",
	 .help = "Go's own traceback text, once",
	 .needs_stacks = true,
	 .picture = format_stacks},
	{.name = "pprof",
	 .help = "a profile of the goroutines by stack for go tool pprof, once",
	 .needs_stacks = true,
	 .binary = true,
	 .picture = format_pprof},
	{.name = "folded",
	 .help = "a line a stack and how many have it, once: for flame graphs",
	 .needs_stacks = true,
	 .picture = format_folded},
	{.name = "events",
	 .help = "one line a transition, as it comes; needs probes",
	 .streams = true,
	 .needs_events = true},
};
const size_t n_formats = ARRAY_SIZE(formats);

const struct format *format_by_name(const char *name)
{
	for (size_t i = 0; i < n_formats; i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}
