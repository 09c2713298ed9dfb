// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/vec.h"
#include "runtime/labels.h"
#include "source/collector_internal.h"
#include "source/label_task.h"

enum {
	SLICE = 1024,	 /* sets read in one turn of the reader: 5 to 15 ms */
	JOB_MOST = 4096, /* of one job for a screen; what is left comes with the next */
};

struct answer {
	uint64_t labels;
	int result;
	size_t first, n; /* in the job's spans */
};

/* A label: where its texts begin in the job's, which move as they grow. */
struct span {
	size_t key, value;
};

struct job {
	VEC(struct label_want) wants;
	size_t at; /* those before it are read */
	VEC(struct answer) answers;
	VEC(struct span) spans;
	struct buf texts;
	struct g_labels one;
};

static bool wanted(void *state, void *job, const struct task_context *t)
{
	struct model *m = t->collector->model;
	struct job *j = job;
	size_t n, most;

	(void)state;
	j->wants.n = j->at = 0;
	n = model_wants_labels(m, NULL, 0);
	most = t->all || n < JOB_MOST ? n : JOB_MOST;
	if (!n || !vec_reserve(&j->wants, most))
		return false;
	model_wants_labels(m, j->wants.v, most);
	j->wants.n = most;
	return true;
}

/* ---- reading: the reader's thread --------------------------------------------------------------- */

static size_t put(struct buf *b, const char *s)
{
	size_t at = b->len;

	buf_put(b, s, strlen(s) + 1);
	return at;
}

static bool keep(struct job *j, const struct label_want *w, int result)
{
	struct answer a = {w->labels, result, j->spans.n, j->one.v.n};

	vec_foreach (l, &j->one.v) {
		struct span at = {put(&j->texts, l->key), put(&j->texts, l->value)};

		if (!vec_push(&j->spans, at))
			return false;
	}
	return vec_push(&j->answers, a) && !j->texts.failed;
}

static int read_some(void *job, struct runtime *rt)
{
	struct job *j = job;

	if (!j->at) {
		j->answers.n = j->spans.n = 0;
		buf_clear(&j->texts);
	}
	for (int i = 0; i < SLICE && j->at < j->wants.n; i++, j->at++) {
		const struct label_want *w = &j->wants.v[j->at];
		int r = runtime_read_labels(rt, w->g, w->labels, &j->one);

		if (r == -ESRCH)
			return r;
		/* Who has them no more cannot be asked; the next counting finds another one. */
		if (r == -EAGAIN)
			continue;
		if (!keep(j, w, r))
			return -ENOMEM;
	}
	return j->at < j->wants.n;
}

/* ---- what was read ------------------------------------------------------------------------------ */

static void give(const struct job *j, const struct feed_sink *sink)
{
	struct feed_labels *feed = malloc(j->answers.n * sizeof(*feed) + 1);
	struct label *labels = malloc(j->spans.n * sizeof(*labels) + 1);

	for (size_t i = 0; labels && i < j->spans.n; i++)
		labels[i] = (struct label){j->texts.p + j->spans.v[i].key,
					   j->texts.p + j->spans.v[i].value};
	for (size_t i = 0; feed && i < j->answers.n; i++) {
		const struct answer *a = &j->answers.v[i];

		feed[i] = (struct feed_labels){a->labels, !a->result, labels + a->first, a->n};
	}
	if (feed && labels)
		sink->labels(sink->ctx, feed, j->answers.n);
	free(feed);
	free(labels);
}

static bool merge(void *state, void *job, const struct task_context *t, int result)
{
	const struct job *j = job;

	(void)state;
	if (!result)
		give(j, &t->collector->sink);
	return !result && j->answers.n;
}

static void free_all(void *state, void *job)
{
	struct job *j = job;

	(void)state;
	vec_free(&j->wants);
	vec_free(&j->answers);
	vec_free(&j->spans);
	buf_free(&j->texts);
	g_labels_free(&j->one);
}

const struct task_kind label_task = {
	.name = "labels",
	.job_size = sizeof(struct job),
	.wanted = wanted,
	.read = read_some,
	.merge = merge,
	.free = free_all,
};
