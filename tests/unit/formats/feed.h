/* feed.h: runs a format over a document in any pieces and batches, and shows what came out as text.
 */
#ifndef GT_UNIT_FEED_H
#define GT_UNIT_FEED_H

#include <stdio.h>

#include "batch.h"
#include "catalogue.h"
#include "gt_assert.h"
#include <guantong/format.h>

#include "unit.h"

struct feeding {
	const struct gt_format *format;
	void *self; /* options stored */
	struct gt_host host;
	struct gt_buf out;   /* rows and outcome */
	struct gt_buf place; /* document as completed by begin() */
	char layout[512];    /* what begin() said about it */
	unsigned seed;       /* 0 = one piece, one batch */
	size_t max_piece;
	bool reopen;  /* now and then begin again and resume */
	bool numbers; /* show row numbers (unknown behind a resume) */
};

static inline void feeding_start(struct feeding *f, const struct gt_format *format,
	const struct gt_str *fields, size_t count)
{
	memset(f, 0, sizeof *f);
	f->format = format;
	f->self = calloc(1, format->self_size);
	f->host.fields = fields;
	f->host.field_count = count;
	f->max_piece = 40;
	gt_buf_init(&f->out, 64u << 20);
	gt_buf_init(&f->place, 1u << 20);
}

static inline void feeding_stop(struct feeding *f)
{
	f->format->end(f->self);
	f->format->end(f->self); /* may come at any time */
	free(f->self);
	gt_buf_fini(&f->out);
	gt_buf_fini(&f->place);
}

/* Bytes as they are, but NUL as ␀; long ones are cut. */
static inline void feeding_bytes(struct gt_buf *out, struct gt_str s)
{
	for (size_t i = 0; i < s.n && i < 100; i++)
		gt_buf_add(out, s.p[i] ? gt_str(s.p + i, 1) : GT_LIT("␀"));
}

/* A row: "offset/number raw → value …" or "offset/number raw ✗ CODE(args)"; "!" and "~" stand
 * before a damaged value and a doubtful day. */
static inline void feeding_show(struct feeding *f, const struct gt_batch *batch)
{
	static const char letters[] = "-0b#tj";
	for (size_t i = 0; i < batch->row_count; i++) {
		const struct gt_row *row = &batch->rows[i];
		gt_buf_addf(&f->out, "%llu", (unsigned long long)row->offset);
		if (f->numbers)
			gt_buf_addf(&f->out, "/%llu", (unsigned long long)row->row);
		gt_buf_adds(&f->out, " ");
		feeding_bytes(&f->out, row->raw);
		if (row->whole_bytes)
			gt_buf_addf(&f->out, " …%zu of %llu", row->raw.n,
				(unsigned long long)row->whole_bytes);
		if (!row->values) {
			gt_buf_addf(&f->out, " ✗ %s(%s,%s)\n",
				gt_message_find(row->bad->code)->name, gt_err_arg(row->bad, 1),
				gt_err_arg(row->bad, 2));
			continue;
		}
		gt_buf_adds(&f->out, " →");
		for (size_t k = 0; k < batch->fields; k++) {
			const struct gt_value *v = &row->values[k];
			gt_buf_addf(&f->out, " %s%s%c", v->marks & GT_VALUE_DAMAGED ? "!" : "",
				v->marks & GT_VALUE_LEAP ? "~" : "", letters[v->kind]);
			if (v->kind == GT_BOOL)
				gt_buf_addf(&f->out, "%d", (int)v->number);
			else if (v->kind >= GT_NUMBER)
				gt_buf_add(&f->out, gt_value_str(v));
		}
		gt_buf_adds(&f->out, "\n");
	}
}

static inline bool feeding_begin(struct feeding *f, struct gt_str doc, uint64_t *start)
{
	struct gt_document document = {0};
	struct gt_err err;
	size_t head = doc.n < GT_FORMAT_HEAD ? doc.n : GT_FORMAT_HEAD;
	gt_buf_clear(&f->place);
	if (!f->format->begin(f->self, &f->host, gt_str(doc.p, head), head == doc.n, &document,
		    start, &err)) {
		gt_buf_addf(&f->out, "begin ✗ %s(%s)\n", gt_message_find(err.code)->name,
			gt_err_arg(&err, 1));
		return false;
	}
	gt_buf_addf(&f->place, "%.*s %.*s %.*s", GT_STR_ARGS(document.format),
		GT_STR_ARGS(document.charset), GT_STR_ARGS(document.columns));
	snprintf(f->layout, sizeof f->layout, "%.*s", GT_STR_ARGS(document.layout));
	return true;
}

static inline size_t feeding_draw(struct feeding *f, size_t most)
{
	return f->seed ? 1 + (size_t)rand_r(&f->seed) % most : SIZE_MAX;
}

/* The whole document; what came out is in f->out. */
static inline void feed(struct feeding *f, struct gt_str doc)
{
	uint64_t start;
	if (!feeding_begin(f, doc, &start))
		return;
	struct gt_batch *batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	uint64_t at = start, have = start, resume = start;
	for (bool done = false; !done;) {
		struct gt_fed fed;
		struct gt_err err;
		size_t rows = feeding_draw(f, 4);
		gt_batch_reset(
			batch, f->host.field_count, rows < 100 ? rows : 20000, GT_BATCH_RAW_MAX);
		enum gt_feed outcome = GT_FEED_MORE;
		while (outcome == GT_FEED_MORE) {
			size_t piece = feeding_draw(f, f->max_piece);
			have = doc.n - have < piece ? doc.n : have + piece;
			outcome = f->format->feed(f->self, batch,
				gt_str(doc.p + at, (size_t)(have - at)), at, have == doc.n, &fed,
				&err);
			at += fed.used;
			ck_assert_uint_le(at, have);
			ck_assert_uint_le(fed.resume, at);
			ck_assert_uint_ge(fed.resume, resume);
			resume = fed.resume;
			if (outcome == GT_FEED_MORE)
				ck_assert(have < doc.n);
		}
		done = outcome != GT_FEED_FULL;
		feeding_show(f, batch);
		if (outcome == GT_FEED_DONE)
			gt_buf_adds(&f->out, "end\n");
		if (outcome == GT_FEED_ERROR)
			gt_buf_addf(&f->out, "broken %s(%s)\n", gt_message_find(err.code)->name,
				gt_err_arg(&err, 1));
		if (!done && f->reopen && rand_r(&f->seed) % 3 == 0) {
			at = have = resume;
			ck_assert(feeding_begin(f, doc, &start));
		}
	}
	gt_batch_free(batch);
}

/* Any split into pieces and batches, and any resuming between them, gives the same rows. */
static inline void feed_splits(struct feeding *f, struct gt_str doc, int rounds)
{
	const char *given = getenv("GT_SEED");
	unsigned first = given ? (unsigned)strtoul(given, NULL, 10) : 20240327;
	gt_buf_clear(&f->out);
	f->seed = 0;
	f->numbers = false;
	feed(f, doc);
	char *expected = gt_strdup(gt_buf_str(&f->out));
	for (unsigned seed = first; seed < first + (unsigned)rounds; seed++) {
		gt_buf_clear(&f->out);
		f->seed = seed;
		f->reopen = seed % 2;
		feed(f, doc);
		ck_assert_msg(strcmp(gt_buf_cstr(&f->out), expected) == 0,
			"GT_SEED=%u gives\n%sinstead of\n%s", seed, gt_buf_cstr(&f->out), expected);
	}
	free(expected);
}

#endif
