/* Any bytes as a JSON document: the first byte says into which pieces it is cut. Whatever the
 * pieces, the rows are the same; each is read, and what is read lies in the record or the batch. */
#include "batch.h"
#include "gt_assert.h"
#include <guantong/charset.h>
#include <guantong/json.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct gt_str fields[] = {{"ID", 2}, {"a.b", 3}, {"a", 1}, {"名称", 6}};
#define FIELDS (sizeof fields / sizeof *fields)

static uint64_t mix(uint64_t sum, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ ((const unsigned char *)p)[i]) * 0x100000001B3u;
	return sum;
}

static uint64_t read_row(
	struct gt_json_reader *reader, struct gt_batch *batch, struct gt_str record, uint64_t sum)
{
	struct gt_value values[FIELDS] = {{0}};
	struct gt_err err;
	gt_batch_reset(batch, FIELDS, 10, GT_BATCH_RAW_MAX);
	struct gt_str raw = gt_batch_copy(batch, record);
	GT_ASSERT(raw.p);
	if (!gt_json_reader_read(reader, raw, batch, values, &err)) {
		GT_ASSERT(err.class == GT_DATA);
		return sum + (uint64_t)err.code;
	}
	for (size_t i = 0; i < FIELDS; i++) {
		sum = mix(sum, &values[i].kind, 1);
		if (values[i].kind < GT_NUMBER)
			continue;
		GT_ASSERT(values[i].size <= record.n);
		GT_ASSERT(gt_utf8_bad(gt_value_str(&values[i])) == SIZE_MAX);
		sum = mix(sum, values[i].text, values[i].size);
	}
	return sum;
}

static uint64_t scan_all(struct gt_str doc, struct gt_str path, size_t piece,
	struct gt_json_reader *reader, struct gt_batch *batch)
{
	struct gt_json_scan scan;
	struct gt_err err;
	size_t at = 0, have = 0;
	uint64_t sum = 0xCBF29CE484222325u;
	gt_json_scan_start(&scan, path);
	for (;;) {
		struct gt_str record;
		size_t used;
		enum gt_json_step step = gt_json_scan_next(
			&scan, gt_str(doc.p + at, have - at), have == doc.n, &used, &record, &err);
		at += used;
		GT_ASSERT(at <= have);
		if (step == GT_JSON_RECORD) {
			uint64_t offset = gt_json_scan_offset(&scan);
			GT_ASSERT(offset == at);
			sum = read_row(reader, batch, record, mix(sum, &offset, sizeof offset));
		} else if (step == GT_JSON_MORE) {
			GT_ASSERT(have < doc.n);
			have = doc.n - have < piece ? doc.n : have + piece;
		} else if (step == GT_JSON_END || step == GT_JSON_BROKEN) {
			return sum + (uint64_t)step;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gt_json_reader *reader;
	static struct gt_batch *batch;
	if (!reader) {
		reader = gt_json_reader_new(fields, FIELDS);
		batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	}
	if (size == 0)
		return 0;
	struct gt_str doc = gt_str((const char *)data + 1, size - 1);
	struct gt_str path = data[0] & 0x80 ? GT_LIT("data.rows") : GT_LIT("");
	size_t piece = (data[0] & 0x7F) + 1u;
	uint64_t whole = scan_all(doc, path, SIZE_MAX, reader, batch);
	uint64_t pieces = scan_all(doc, path, piece, reader, batch);
	GT_ASSERT(whole == pieces);
	return 0;
}
