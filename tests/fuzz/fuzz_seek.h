/* fuzz_seek.h: a document through a format with random access, in one batch and in many. */
#ifndef GT_FUZZ_SEEK_H
#define GT_FUZZ_SEEK_H

#include "batch.h"
#include "gt_assert.h"
#include "options.h"

#include <guantong/charset.h>
#include <guantong/format.h>
#include <guantong/json.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline bool fuzz_read(void *arg, uint64_t offset, void *to, size_t n)
{
	const struct gt_str *doc = arg;
	if (offset > doc->n || doc->n - offset < n)
		return false;
	memcpy(to, doc->p + offset, n);
	return true;
}

static inline uint64_t fuzz_mix(uint64_t sum, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ ((const unsigned char *)p)[i]) * 0x100000001B3u;
	return sum;
}

static inline uint64_t fuzz_rows(const struct gt_batch *batch, uint64_t sum)
{
	for (size_t i = 0; i < batch->row_count; i++) {
		const struct gt_row *row = &batch->rows[i];
		struct gt_str path = {0}, lexeme;
		struct gt_err err;
		if (!row->whole_bytes) /* the row stands for bytes that there are not: JSON */
			GT_ASSERT(gt_json_find(row->raw, &path, 0, &lexeme, &err));
		sum = fuzz_mix(sum, &row->offset, sizeof row->offset);
		sum = fuzz_mix(sum, &row->row, sizeof row->row);
		sum = fuzz_mix(sum, row->raw.p, row->raw.n);
		sum += row->bad ? (uint64_t)row->bad->code : 0;
		for (size_t k = 0; row->values && k < batch->fields; k++) {
			const struct gt_value *v = &row->values[k];
			if (v->kind != GT_TEXT && v->kind != GT_NUMBER)
				continue;
			GT_ASSERT(gt_utf8_bad(gt_value_str(v)) == SIZE_MAX);
			sum = fuzz_mix(sum + k + v->marks, v->text, v->size);
		}
	}
	return sum;
}

static inline uint64_t fuzz_all(const struct gt_format *format, void *self, struct gt_str doc,
	size_t max_rows, struct gt_batch *batch)
{
	static const struct gt_str fields[] = {{"ID", 2}, {"V", 1}};
	struct gt_host host = {.fields = fields, .field_count = 2};
	const struct gt_seekable bytes = {&doc, doc.n, fuzz_read};
	struct gt_document document = {0};
	struct gt_err err;
	struct gt_fed fed = {0};
	uint64_t sum = 0xCBF29CE484222325u;
	if (!format->open(self, &host, &bytes, &document, &err))
		return (uint64_t)err.code;
	for (;;) {
		gt_batch_reset(batch, 2, max_rows, GT_BATCH_RAW_MAX);
		enum gt_feed outcome = format->rows(self, batch, fed.resume, &fed, &err);
		sum = fuzz_rows(batch, sum);
		if (outcome != GT_FEED_FULL)
			return sum + (uint64_t)outcome;
		if (max_rows < 10 && fed.resume % 3 == 0)
			GT_ASSERT(format->open(self, &host, &bytes, &document, &err));
	}
}

static inline bool fuzz_quiet(void *arg, const struct gt_sheet *sheet)
{
	(void)arg;
	for (size_t i = 0; i < sheet->column_count; i++)
		GT_ASSERT(gt_utf8_bad(sheet->columns[i]) == SIZE_MAX);
	return true;
}

static inline void fuzz_seek(const struct gt_format *format, struct gt_str doc)
{
	static struct gt_batch *batch;
	struct gt_arena memory;
	struct gt_host host = {.field_count = 0};
	const struct gt_seekable bytes = {&doc, doc.n, fuzz_read};
	struct gt_err err;
	if (!batch)
		batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	void *self = gt_alloc(format->self_size);
	memset(self, 0, format->self_size);
	gt_arena_init(&memory, 0);
	gt_options_defaults(format->options, self, &memory);
	uint64_t whole = fuzz_all(format, self, doc, 20000, batch);
	uint64_t pieces = fuzz_all(format, self, doc, 2, batch);
	GT_ASSERT(whole == pieces);
	(void)format->sheets(self, &host, &bytes, fuzz_quiet, NULL, &err);
	format->end(self);
	gt_arena_fini(&memory);
	free(self);
}

#endif
