// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A gzip profile.proto (github.com/google/pprof/proto/profile.proto; the numbers of its fields are
 * below) of the goroutines by stack, as /debug/pprof/goroutine gives it: a sample a stack, whose
 * value is how many have it. A location is a pc with the calls inlined there. Samples of stacks that
 * are not certain have a label that says so.
 */
#include <string.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/hash.h"
#include "format/outputs.h"
#include "format/protobuf.h"
#include "format/stack_counts.h"

enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE = 2,
	PROFILE_MAPPING = 3,
	PROFILE_LOCATION = 4,
	PROFILE_FUNCTION = 5,
	PROFILE_STRING = 6,
	PROFILE_TIME = 9,
	PROFILE_PERIOD_TYPE = 11,
	PROFILE_PERIOD = 12,
	VALUE_TYPE = 1,
	VALUE_UNIT = 2,
	SAMPLE_LOCATION = 1,
	SAMPLE_VALUE = 2,
	SAMPLE_LABEL = 3,
	LABEL_KEY = 1,
	LABEL_TEXT = 2,
	MAPPING_ID = 1,
	MAPPING_START = 2,
	MAPPING_LIMIT = 3,
	MAPPING_FILE = 5,
	MAPPING_HAS_FUNCTIONS = 7,
	MAPPING_HAS_FILES = 8,
	MAPPING_HAS_LINES = 9,
	MAPPING_HAS_INLINED = 10,
	LOCATION_ID = 1,
	LOCATION_MAPPING = 2,
	LOCATION_ADDRESS = 3,
	LOCATION_LINE = 4,
	LINE_FUNCTION = 1,
	LINE_NUMBER = 2,
	FUNCTION_ID = 1,
	FUNCTION_NAME = 2,
	FUNCTION_SYSTEM_NAME = 3,
	FUNCTION_FILE = 4,
	NOWHERE = 1, /* an address that nothing has */
};

/*
 * Texts, functions and locations are numbered as they come: texts by their address, for the names'
 * are interned; functions by their name's and file's; locations by their address.
 */
struct profile {
	struct buf out;
	struct buf message, line; /* being made */
	struct hash texts, functions, locations;
	uint32_t n_texts, n_functions, n_locations;
	uint64_t low, high; /* addresses seen */
	bool failed;
};

static uint32_t number_of(struct profile *p, struct hash *h, uint64_t key, uint32_t *n, bool *fresh)
{
	uint32_t known = hash_get(h, key);

	*fresh = known == HASH_NONE;
	if (!*fresh)
		return known;
	if (!hash_put(h, key, *n))
		p->failed = true;
	return (*n)++;
}

static uint64_t text(struct profile *p, const char *s)
{
	bool fresh;
	uint32_t n = number_of(p, &p->texts, (uintptr_t)s, &p->n_texts, &fresh);

	if (fresh)
		protobuf_bytes(&p->out, PROFILE_STRING, s, strlen(s));
	return n;
}

static uint64_t function(struct profile *p, const struct stack_line *l)
{
	static const char unknown[] = "[unknown function]";
	uint64_t name = text(p, l->symbol ? l->symbol : unknown);
	uint64_t file = l->file ? text(p, l->file) : 0;
	_cleanup_(buf_free) struct buf m = {0};
	bool fresh;
	/* Numbers of functions, and of what follows, begin with 1. */
	uint32_t n = number_of(p, &p->functions, name << 32 | file, &p->n_functions, &fresh);

	if (!fresh)
		return n;
	protobuf_number(&m, FUNCTION_ID, n);
	protobuf_number(&m, FUNCTION_NAME, name);
	protobuf_number(&m, FUNCTION_SYSTEM_NAME, name);
	protobuf_number(&m, FUNCTION_FILE, file);
	protobuf_message(&p->out, PROFILE_FUNCTION, &m);
	return n;
}

/* The location of lines[0..n), all of one pc; wrappers among them are left out. */
static uint64_t location(struct profile *p, const struct stack_line *lines, size_t n)
{
	/* Of a call, the byte before the address that it returns to. */
	uint64_t address = lines->pc - !lines->exact;
	_cleanup_(buf_free) struct buf m = {0};
	bool fresh;
	uint32_t id = number_of(p, &p->locations, address, &p->n_locations, &fresh);

	if (!fresh)
		return id;
	if (address != NOWHERE && (!p->low || address < p->low))
		p->low = address;
	p->high = p->high > address ? p->high : address;
	protobuf_number(&m, LOCATION_ID, id);
	protobuf_number(&m, LOCATION_MAPPING, 1);
	protobuf_number(&m, LOCATION_ADDRESS, address);
	for (size_t i = 0; i < n; i++) {
		if (!stack_line_counts(&lines[i]))
			continue;
		protobuf_number(&p->line, LINE_FUNCTION, function(p, &lines[i]));
		protobuf_number(&p->line, LINE_NUMBER, (uint64_t)lines[i].line);
		protobuf_message(&m, LOCATION_LINE, &p->line);
	}
	protobuf_message(&p->out, PROFILE_LOCATION, &m);
	return id;
}

/* How many lines from lines[0] on are of one pc: inlined ones, and the function that they are in. */
static size_t of_one_pc(const struct stack_line *lines, size_t n)
{
	size_t i = 0;

	while (i + 1 < n && lines[i].inlined)
		i++;
	return i + 1;
}

static bool any_counts(const struct stack_line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (stack_line_counts(&lines[i]))
			return true;
	return false;
}

static void put_label(struct profile *p, const char *key, const char *value)
{
	protobuf_number(&p->line, LABEL_KEY, text(p, key));
	protobuf_number(&p->line, LABEL_TEXT, text(p, value));
	protobuf_message(&p->message, SAMPLE_LABEL, &p->line);
}

static void put_sample(struct profile *p, const struct stack_count *c)
{
	static const struct stack_line unknown = {.symbol = "[unknown stack]",
						  .pc = NOWHERE,
						  .exact = true};
	static const char stack_key[] = "stack";
	const struct stack_line *lines = c->stack->n ? c->stack->lines : &unknown;
	size_t n = c->stack->n ? c->stack->n : 1;
	const char *trust = stack_trust_text(c->trust);
	_cleanup_(buf_free) struct buf ids = {0};

	for (size_t i = 0, k; i < n; i += k) {
		k = of_one_pc(lines + i, n - i);
		if (any_counts(lines + i, k))
			protobuf_varint(&ids, location(p, lines + i, k));
	}
	protobuf_message(&p->message, SAMPLE_LOCATION, &ids);
	protobuf_number(&p->message, SAMPLE_VALUE, c->n);
	if (trust)
		put_label(p, stack_key, trust);
	protobuf_message(&p->out, PROFILE_SAMPLE, &p->message);
}

static void put_type(struct profile *p, unsigned field)
{
	static const char goroutine[] = "goroutine", count[] = "count";

	protobuf_number(&p->message, VALUE_TYPE, text(p, goroutine));
	protobuf_number(&p->message, VALUE_UNIT, text(p, count));
	protobuf_message(&p->out, field, &p->message);
}

static void put_mapping(struct profile *p, const char *exe)
{
	struct buf *m = &p->message;

	protobuf_number(m, MAPPING_ID, 1);
	protobuf_number(m, MAPPING_START, p->low & ~0xfffull);
	protobuf_number(m, MAPPING_LIMIT, (p->high | 0xfff) + 1);
	protobuf_number(m, MAPPING_FILE, *exe ? text(p, exe) : 0);
	protobuf_number(m, MAPPING_HAS_FUNCTIONS, 1);
	protobuf_number(m, MAPPING_HAS_FILES, 1);
	protobuf_number(m, MAPPING_HAS_LINES, 1);
	protobuf_number(m, MAPPING_HAS_INLINED, 1);
	protobuf_message(&p->out, PROFILE_MAPPING, m);
}

static bool compress_to(struct buf *out, struct buf *from)
{
	enum { GZIP = 16 + MAX_WBITS, LEVEL = 6, MEMORY = 8 };
	z_stream z = {.next_in = (Bytef *)from->p, .avail_in = (uInt)from->len};
	unsigned char chunk[16 << 10];
	int r = Z_OK;

	if (from->failed || from->len > UINT32_MAX ||
	    deflateInit2(&z, LEVEL, Z_DEFLATED, GZIP, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	while (r == Z_OK) {
		z.next_out = chunk;
		z.avail_out = sizeof(chunk);
		r = deflate(&z, Z_FINISH);
		buf_put(out, (const char *)chunk, sizeof(chunk) - z.avail_out);
	}
	deflateEnd(&z);
	return r == Z_STREAM_END;
}

static void profile_free(struct profile *p)
{
	buf_free(&p->out);
	buf_free(&p->message);
	buf_free(&p->line);
	hash_free(&p->texts);
	hash_free(&p->functions);
	hash_free(&p->locations);
}

void format_pprof(struct buf *out, const struct picture *p, struct format_options *o)
{
	_cleanup_(stack_counts_free) struct stack_counts counts = {0};
	_cleanup_(profile_free) struct profile profile = {.n_functions = 1, .n_locations = 1};
	static const char first_text[] = ""; /* as the format wants it */

	(void)o;
	text(&profile, first_text);
	put_type(&profile, PROFILE_SAMPLE_TYPE);
	put_type(&profile, PROFILE_PERIOD_TYPE);
	protobuf_number(&profile.out, PROFILE_PERIOD, 1);
	protobuf_number(&profile.out, PROFILE_TIME, clock_wall_at(p->time));
	if (!stack_counts_make(&counts, p))
		profile.failed = true;
	vec_foreach (c, &counts.all)
		put_sample(&profile, c);
	put_mapping(&profile, p->target.exe);
	if (profile.failed || !compress_to(out, &profile.out))
		out->failed = true;
}
