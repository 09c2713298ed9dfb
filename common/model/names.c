// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each distinct pc is asked for once and kept at one address. The number of names is bounded: the
 * pcs come out of a memory that is not trusted, and a program has no million places where its
 * goroutines begin.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/intern.h"
#include "base/text.h"
#include "base/vec.h"
#include "model/names.h"

enum {
	NAMES_CHUNK = 256,
	NAMES_MAX = 1 << 20,
	NAME_BYTES = NAME_MAX_TEXT / 3, /* more is cut off; generic functions have long ones */
	REASONS = 256,
	FRAMES_MAX = 64, /* calls inlined into each other that are told of one frame */
};

/* What is at a frame; `v` as in struct frames. */
struct known_frames {
	struct frame *v;
	size_t n;
};

struct names {
	struct names_source source;
	struct intern *texts;
	struct hash by_pc[NAME_KINDS]; /* → place in the chunks */
	VEC(struct name *) chunks;
	size_t count;
	struct hash by_frame; /* → place in the next */
	VEC(struct known_frames) frames;
	char *runtime_folder; /* of the runtime's files; NULL: none of its frames has been seen */
	struct {
		bool asked;
		const char *text;
	} reasons[REASONS];
};

const struct name name_unknown;
const struct name name_extra_m = {.function = "(C thread)"};

struct names *names_new(const struct names_source *source)
{
	struct names *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->source = *source;
	n->texts = intern_new();
	if (!n->texts) {
		free(n);
		return NULL;
	}
	return n;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < NAME_KINDS; i++)
		hash_free(&n->by_pc[i]);
	vec_foreach (chunk, &n->chunks)
		free(*chunk);
	vec_free(&n->chunks);
	hash_free(&n->by_frame);
	vec_foreach (known, &n->frames)
		free(known->v);
	free(n->runtime_folder);
	vec_free(&n->frames);
	intern_free(n->texts);
	free(n);
}

/* The cleaned text at an address that stays; NULL for NULL, and for lack of memory. */
static const char *keep_text(struct names *n, const char *text)
{
	char clean[NAME_MAX_TEXT + 1]; /* an invalid byte becomes the three of U+FFFD */
	size_t len;

	if (!text)
		return NULL;
	len = text_clean(clean, sizeof(clean), text, strnlen(text, NAME_BYTES), false);
	return intern_text(n->texts, intern_add(n->texts, clean, len));
}

/*
 * A function's name as Go's tracebacks print it: without its type arguments, which are shapes that
 * nobody wrote ("iter.Pull[go.shape.int]" → "iter.Pull[...]"; funcNameForPrint, runtime/symtab.go).
 * Most tables of functions hold it so, inline trees do not.
 */
static const char *keep_function(struct names *n, const char *name)
{
	const char *open = name ? strchr(name, '[') : NULL;
	const char *close = open ? strrchr(open, ']') : NULL;
	char printed[NAME_BYTES];

	if (!close)
		return keep_text(n, name);
	snprintf(printed, sizeof(printed), "%.*s[...]%s", (int)(open - name), name, close + 1);
	return keep_text(n, printed);
}

/* The next free name; NULL when there are too many, or no memory is left. */
static struct name *new_name(struct names *n)
{
	if (n->count >= NAMES_MAX)
		return NULL;
	if (n->count == n->chunks.n * NAMES_CHUNK) {
		struct name *chunk = calloc(NAMES_CHUNK, sizeof(*chunk));

		if (!chunk || !vec_push(&n->chunks, chunk)) {
			free(chunk);
			return NULL;
		}
	}
	return &n->chunks.v[n->count / NAMES_CHUNK][n->count % NAMES_CHUNK];
}

static struct name keep_name(struct names *n, const struct name *answer)
{
	return (struct name){
		.function = keep_function(n, answer->function),
		.file = keep_text(n, answer->file),
		.line = answer->line > 0 ? answer->line : 0,
		.system = answer->system,
	};
}

/* The innermost of the calls at a frame that a user would look at, else the function itself. */
static const struct name *where_of(struct names *n, uint64_t frame)
{
	struct frames f = names_frames(n, frame);

	for (size_t i = 0; i < f.n; i++)
		if (f.v[i].user)
			return &f.v[i].name;
	return &f.v[f.n - 1].name;
}

const struct name *names_pc(struct names *n, enum name_kind kind, uint64_t pc)
{
	struct name answer = {0}, *name;
	uint32_t at;

	if (!pc)
		return &name_unknown;
	if (kind == NAME_WHERE)
		return where_of(n, pc);
	at = hash_get(&n->by_pc[kind], pc);
	if (at != HASH_NONE)
		return &n->chunks.v[at / NAMES_CHUNK][at % NAMES_CHUNK];
	name = new_name(n);
	if (!name || !hash_put(&n->by_pc[kind], pc, (uint32_t)n->count))
		return &name_unknown;
	n->count++;
	if (n->source.pc && n->source.pc(n->source.ctx, kind, pc, &answer))
		*name = keep_name(n, &answer);
	return name;
}

/* ---- frames ----------------------------------------------------------------------------------- */

static const struct frame frame_unknown;

static bool begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* Whether a function is one that a user would look at, as far as its name tells. */
static bool function_is_user(const char *function)
{
	static const char *const others[] = {"runtime.", "runtime/", "internal/", "sync.", "sync/"};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (begins(function, others[i]))
			return false;
	/* What has no package was made by the linker or by cgo. */
	return strchr(function, '.');
}

/* "/usr/local/go/src/runtime", or "runtime" with -trimpath; without the last slash. */
static size_t folder_length(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? (size_t)(slash - file) : 0;
}

static void learn_runtime(struct names *n, const struct name *name)
{
	static const char last[] = "runtime";
	size_t length = folder_length(name->file ? name->file : ""), rest = strlen(last);

	if (n->runtime_folder || length < rest || !begins(name->function, "runtime.") ||
	    strncmp(name->file + length - rest, last, rest))
		return;
	n->runtime_folder = strndup(name->file, length);
}

/* Such as time.Sleep, which other packages' names are linked to. */
static bool is_runtimes_file(const struct names *n, const char *file)
{
	size_t length = file ? folder_length(file) : 0;

	return n->runtime_folder && length == strlen(n->runtime_folder) &&
	       !strncmp(file, n->runtime_folder, length);
}

static bool is_user(struct names *n, const struct frame *f)
{
	if (!f->name.function)
		return false;
	learn_runtime(n, &f->name);
	return !f->wrapper && function_is_user(f->name.function) &&
	       !is_runtimes_file(n, f->name.file);
}

static struct known_frames ask_frames(struct names *n, uint64_t frame)
{
	struct frame answer[FRAMES_MAX];
	struct known_frames known = {0};
	size_t all =
		n->source.frames ? n->source.frames(n->source.ctx, frame, answer, FRAMES_MAX) : 0;

	known.n = all < FRAMES_MAX ? all : FRAMES_MAX;
	known.v = known.n ? calloc(known.n, sizeof(*known.v)) : NULL;
	if (!known.v)
		return (struct known_frames){0};
	for (size_t i = 0; i < known.n; i++) {
		known.v[i] = answer[i];
		known.v[i].name = keep_name(n, &answer[i].name);
		known.v[i].symbol = keep_text(n, answer[i].name.function);
		known.v[i].user = is_user(n, &known.v[i]);
	}
	return known;
}

struct frames names_frames(struct names *n, uint64_t frame)
{
	uint32_t at = hash_get(&n->by_frame, frame);
	struct known_frames known;

	if (at == HASH_NONE && n->frames.n < NAMES_MAX) {
		known = ask_frames(n, frame);
		at = (uint32_t)n->frames.n;
		if (!vec_push(&n->frames, known)) {
			free(known.v);
			at = HASH_NONE;
		} else {
			(void)hash_put(&n->by_frame, frame, at);
		}
	}
	if (at == HASH_NONE || !n->frames.v[at].v)
		return (struct frames){&frame_unknown, 1};
	return (struct frames){n->frames.v[at].v, n->frames.v[at].n};
}

/* ---- reasons, and names as people write them -------------------------------------------------- */

const char *names_reason(struct names *n, uint8_t reason)
{
	if (!n->reasons[reason].asked) {
		n->reasons[reason].asked = true;
		if (n->source.reason)
			n->reasons[reason].text =
				keep_text(n, n->source.reason(n->source.ctx, reason));
	}
	return n->reasons[reason].text;
}

/* "v2" of "…/v2.F": a major version, which says nothing without the element before it. */
static bool is_version(const char *element)
{
	size_t digits = element[0] == 'v' ? strspn(element + 1, "0123456789") : 0;

	return digits && element[1 + digits] == '.';
}

const char *short_function(const char *function)
{
	/* Type arguments and receivers may hold slashes of their own: "p.F[a/b.T]", "p.(*T).m". */
	const char *end = function + strcspn(function, "[(");
	const char *last = function, *before = function;

	for (const char *p = function; p < end; p++) {
		if (*p != '/')
			continue;
		before = last;
		last = p + 1;
	}
	return is_version(last) ? before : last;
}

int name_compare(const struct name *a, const struct name *b)
{
	int c;

	if (a == b)
		return 0;
	c = text_compare(a->function, b->function);
	if (!c)
		c = text_compare(a->file, b->file);
	return c ? c : (a->line > b->line) - (a->line < b->line);
}
