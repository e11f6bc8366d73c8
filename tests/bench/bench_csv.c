/* Rows of CSV files on their way into batches, per row: plain (as exports write them), quoted, and
 * GB18030. csv.py counts instructions under callgrind. */
#include "batch.h"
#include "buf.h"
#include "gt_assert.h"
#include "options.h"
#include "toolchain.h"

#include <guantong/format.h>
#include <stdio.h>
#include <stdlib.h>

#define RECORDS 10000u
#define BATCH 1000u

extern const struct gt_format guantong_format_csv;

/* Not inlined and not static: csv.py names it to callgrind. */
__attribute__((noinline)) enum gt_feed stage_csv(void *self, struct gt_batch *batch,
	struct gt_str bytes, uint64_t offset, struct gt_fed *fed);

enum gt_feed stage_csv(void *self, struct gt_batch *batch, struct gt_str bytes, uint64_t offset,
	struct gt_fed *fed)
{
	struct gt_err err;

	return guantong_format_csv.feed(self, batch, bytes, offset, true, fed, &err);
}

static void make_document(struct gt_buf *buf, const char *quote)
{
	gt_buf_init(buf, 16u << 20);
	gt_buf_adds(buf, "ID,CPH,CFSJ,FHSJ,LC,YH,CLLX,YCDW,SQR,MDD,BZ\n");
	for (unsigned i = 0; i < RECORDS; i++)
		gt_buf_addf(buf,
			"YC%010u,%s鄂A%05u%s,2024-03-%02u %02u:%02u:00,2024-03-%02u "
			"%02u:%02u:00,%u.%u,"
			"%u.%02u,0%u,%s武昌区机关事务服务中心%s,张三,省政府、市政府,\n",
			i, quote, 10000 + i, quote, 1 + i % 28, i % 12, i % 60, 1 + i % 28,
			12 + i % 11, i % 60, i % 300, i % 10, i % 30, i % 100, 1 + i % 3, quote,
			quote);
	GT_ASSERT(!buf->full);
}

static void run(const char *quote)
{
	static const struct gt_str fields[] = {{"ID", 2}, {"CPH", 3}, {"CFSJ", 4}, {"FHSJ", 4},
		{"LC", 2}, {"YH", 2}, {"CLLX", 4}, {"YCDW", 4}, {"SQR", 3}, {"MDD", 3}};
	struct gt_host host = {.fields = fields, .field_count = sizeof fields / sizeof *fields};
	struct gt_document document = {0};
	struct gt_batch *batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	struct gt_fed fed;
	struct gt_buf buf;
	struct gt_err err;
	uint64_t at;
	size_t rows = 0;
	struct gt_arena memory;
	void *self = gt_alloc(guantong_format_csv.self_size);

	gt_arena_init(&memory, 0);
	gt_options_defaults(guantong_format_csv.options, self, &memory);
	make_document(&buf, quote);
	struct gt_str all = gt_buf_str(&buf);
	GT_ASSERT(guantong_format_csv.begin(
		self, &host, gt_str(all.p, GT_FORMAT_HEAD), false, &document, &at, &err));
	while (rows < RECORDS) {
		gt_batch_reset(batch, host.field_count, BATCH, GT_BATCH_RAW_MAX);
		(void)stage_csv(self, batch, gt_str(all.p + at, all.n - at), at, &fed);
		GT_ASSERT(batch->row_count > 0);
		rows += batch->row_count;
		at = fed.resume;
	}
	GT_ASSERT(rows == RECORDS);
	guantong_format_csv.end(self);
	free(self);
	gt_batch_free(batch);
	gt_buf_fini(&buf);
	gt_arena_fini(&memory);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "toolchain") == 0) {
		print_toolchain();
		return 0;
	}
	if (argc != 2 || (strcmp(argv[1], "plain") != 0 && strcmp(argv[1], "quoted") != 0)) {
		fprintf(stderr, "usage: %s toolchain|plain|quoted\n", argv[0]);
		return 2;
	}
	run(strcmp(argv[1], "quoted") == 0 ? "\"" : "");
	return 0;
}
