// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "runtime/internal.h"

enum { MAX_REASONS = 64 };

/*
 * Waits in which the goroutine runs on: it only lets its stack be scanned or the world be stopped
 * meanwhile (isWaitingForSuspendG, src/runtime/runtime2.go at Go 1.26; in 1.20 to 1.22
 * isWaitingForGC names a part of them, and the others are set likewise before the transition).
 */
static const char *const flap_texts[] = {
	"stopping the world",	   "GC mark termination",    "garbage collection",
	"garbage collection scan", "trace goroutine status", "trace proc status",
	"page trace flush",	   "GC assist marking",	     "GC worker (active)",
	"flushing proc caches",
};

static bool is_flap_text(const char *text)
{
	for (size_t i = 0; text && i < ARRAY_SIZE(flap_texts); i++)
		if (!strcmp(text, flap_texts[i]))
			return true;
	return false;
}

const char *runtime_wait_reason(const struct runtime *rt, uint8_t reason)
{
	if (rt->reasons)
		return reason < rt->n_reasons ? rt->reasons[reason] : NULL;
	return reason < rt->layout.n_wait_reasons ? rt->layout.wait_reasons[reason] : NULL;
}

/* One Go string of the table; false when it is none of ours. */
static bool read_reason(struct runtime *rt, uint64_t ptr, uint64_t len, char dst[48])
{
	char raw[48];

	if (!len) {
		dst[0] = '\0';
		return true;
	}
	if (len >= sizeof(raw) || memory_read_all(rt->mem, ptr, raw, len))
		return false;
	for (size_t i = 0; i < len; i++)
		if (raw[i] < ' ' || raw[i] > '~')
			return false;
	memcpy(dst, raw, len);
	dst[len] = '\0';
	return true;
}

/*
 * The target's own table, when it is there and whole. It was found by decoding, so it is believed
 * only if it begins as every release's does: an empty text, then "GC assist marking".
 */
static void load_own_texts(struct runtime *rt)
{
	const struct go_global_place *place = &rt->globals[GG_WAIT_REASON_STRINGS];
	uint64_t strings[MAX_REASONS][2];
	char(*texts)[48];

	if (!place->addr || place->count < 2 || place->count > MAX_REASONS)
		return;
	if (memory_read_all(rt->mem, place->addr + rt->bias, strings, place->count * 16))
		return;
	texts = calloc(place->count, sizeof(*texts));
	if (!texts)
		return;
	for (uint32_t i = 0; i < place->count; i++) {
		if (!read_reason(rt, strings[i][0], strings[i][1], texts[i])) {
			free(texts);
			return;
		}
	}
	if (texts[0][0] || strcmp(texts[1], "GC assist marking")) {
		free(texts);
		return;
	}
	rt->reasons = texts;
	rt->n_reasons = place->count;
}

static uint64_t flaps_of(const struct runtime *rt, const struct go_version *v)
{
	uint64_t flaps = 0;

	/* Before 1.20 the reason is written after the transition, or not at all (go-runtime.md §3). */
	if (v->major && go_version_cmp(v, 20, 0) < 0)
		return 0;
	for (int i = 0; i < MAX_REASONS; i++)
		if (is_flap_text(runtime_wait_reason(rt, i)))
			flaps |= (uint64_t)1 << i;
	return flaps;
}

void reasons_load(struct runtime *rt)
{
	load_own_texts(rt);
	rt->flap_reasons = flaps_of(rt, &go_exe_info(rt->exe)->version);
}

uint64_t runtime_flap_reasons(const struct runtime *rt)
{
	return rt->flap_reasons;
}

uint64_t layout_flap_reasons(const struct layout *layout, const struct go_version *version)
{
	const struct runtime texts = {.layout = *layout};

	return flaps_of(&texts, version);
}
