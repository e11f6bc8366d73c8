/* fuzz_format.h: any bytes through a format, in any pieces: the rows are the same, and their texts
 * are UTF-8. */
#ifndef GT_FUZZ_FORMAT_H
#define GT_FUZZ_FORMAT_H

#include <stdlib.h>

#include "batch.h"
#include "gt_assert.h"
#include "options.h"
#include <guantong/charset.h>
#include <guantong/format.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline uint64_t mix(uint64_t sum, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ ((const unsigned char *)p)[i]) * 0x100000001B3u;
	return sum;
}

static inline uint64_t sum_rows(const struct gt_batch *batch, uint64_t sum)
{
	for (size_t i = 0; i < batch->row_count; i++) {
		const struct gt_row *row = &batch->rows[i];
		sum = mix(sum, &row->offset, sizeof row->offset);
		sum = mix(sum, row->raw.p, row->raw.n);
		sum += row->bad ? (uint64_t)row->bad->code : 0;
		for (size_t k = 0; row->values && k < batch->fields; k++) {
			struct gt_str text = gt_value_str(&row->values[k]);
			if (row->values[k].kind != GT_TEXT && row->values[k].kind != GT_JSON)
				continue;
			GT_ASSERT(gt_utf8_bad(text) == SIZE_MAX);
			sum = mix(sum + k, text.p, text.n);
		}
	}
	return sum;
}

static inline uint64_t feed_all(const struct gt_format *format, void *self, struct gt_host *host,
	struct gt_batch *batch, struct gt_str doc, size_t piece, size_t max_rows)
{
	struct gt_document document = {0};
	struct gt_err err;
	uint64_t start, sum = 0xCBF29CE484222325u;
	size_t head = doc.n < GT_FORMAT_HEAD ? doc.n : GT_FORMAT_HEAD;
	if (!format->begin(self, host, gt_str(doc.p, head), head == doc.n, &document, &start, &err))
		return (uint64_t)err.code;
	size_t at = (size_t)start, have = at;
	for (;;) {
		struct gt_fed fed;
		gt_batch_reset(batch, host->field_count, max_rows, GT_BATCH_RAW_MAX);
		enum gt_feed outcome = GT_FEED_MORE;
		while (outcome == GT_FEED_MORE) {
			have = doc.n - have < piece ? doc.n : have + piece;
			outcome = format->feed(self, batch, gt_str(doc.p + at, have - at), at,
				have == doc.n, &fed, &err);
			at += fed.used;
			GT_ASSERT(at <= have && fed.resume <= at);
			GT_ASSERT(outcome != GT_FEED_MORE || have < doc.n);
		}
		sum = sum_rows(batch, sum);
		if (outcome != GT_FEED_FULL)
			return sum + (uint64_t)outcome;
	}
}

/* The document in one piece, then in small ones with small batches. */
static inline void feed_both(const struct gt_format *format, void *self, struct gt_host *host,
	struct gt_str doc, size_t piece, size_t max_rows)
{
	static struct gt_batch *batch;
	if (!batch)
		batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	uint64_t whole = feed_all(format, self, host, batch, doc, SIZE_MAX, 20000);
	GT_ASSERT(whole == feed_all(format, self, host, batch, doc, piece, max_rows));
}

#endif
