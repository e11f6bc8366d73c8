/* blocks.c: a format with random access, as workbooks have: blocks of eight bytes, of which the
 * last one says how many there are ("end 003\n"), read from the last to the first. The field "line"
 * is the whole block without its line end; a block "!stop  \n" makes the document unreadable.
 * Positions are larger than any offset. It needs a file in memory, as libraries do that want a
 * path. */
#include <guantong/format.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK 8u
#define STEP 1000003u /* position of a row = its number, counted from 0, times this */

struct state {
	int64_t sheet; /* option */
	const struct gt_str *fields;
	size_t field_count;
	struct gt_seekable bytes;
	uint64_t count, before, first;
	bool known;
};

static const struct gt_option options[] = {
	{"blocks_sheet", GT_OPT_INT, offsetof(struct state, sheet), 0, 1, .fallback = "0",
		.en = "which sheet", .zh = "哪个工作表"},
	{0},
};

static bool refuse(struct gt_err *err, const char *why)
{
	return gt_fail_as(err, GT_DATA, (struct gt_failure){GT_E_FORMAT_STUCK, "blocks", why});
}

/* Bytes go through a file in memory and back. */
static bool through_memory(char block[BLOCK])
{
	int fd = memfd_create("blocks", MFD_CLOEXEC);
	bool ok =
		fd >= 0 && write(fd, block, BLOCK) == BLOCK && pread(fd, block, BLOCK, 0) == BLOCK;
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool read_count(const struct gt_seekable *bytes, uint64_t *count, struct gt_err *err)
{
	char block[BLOCK + 1] = "";
	if (bytes->size < BLOCK || bytes->size % BLOCK)
		return refuse(err, "whole");
	if (!bytes->read(bytes->arg, bytes->size - BLOCK, block, BLOCK) || !through_memory(block))
		return refuse(err, "readable");
	*count = strtoull(block + 4, NULL, 10);
	return (strncmp(block, "end ", 4) == 0 && *count == bytes->size / BLOCK - 1) ||
	       refuse(err, "counted");
}

static bool open_(void *self, struct gt_host *host, const struct gt_seekable *bytes,
	struct gt_document *document, struct gt_err *err)
{
	struct state *s = self;
	if (!gt_host_memory(host, 1u << 20))
		return gt_fail(err, GT_E_MEMORY_BUDGET);
	if (!read_count(bytes, &s->count, err))
		return false;
	s->fields = gt_host_fields(host, &s->field_count);
	s->bytes = *bytes;
	s->before = document->rows_before;
	s->known = false;
	if (s->sheet)
		s->count = 0; /* the second sheet is empty */
	document->format = GT_LIT("blocks");
	document->charset = GT_LIT("UTF-8");
	document->columns = GT_LIT("[\"line\"]");
	return true;
}

/* False: the batch is full, or *err. */
static bool add(struct state *s, struct gt_batch *batch, uint64_t n, struct gt_err *err)
{
	char block[BLOCK];
	if (!s->bytes.read(s->bytes.arg, (s->count - 1 - n) * BLOCK, block, BLOCK))
		return refuse(err, "read");
	if (memcmp(block, "!stop", 5) == 0)
		return refuse(err, "stop");
	struct gt_str raw = gt_batch_copy(batch, gt_str(block, BLOCK - 1));
	struct gt_place place = {n * STEP, n + 1};
	struct gt_value *values = raw.p ? gt_batch_add(batch, raw, place) : NULL;
	for (size_t i = 0; values && i < s->field_count; i++)
		if (gt_str_eq(s->fields[i], GT_LIT("line")))
			values[i] = gt_value_text(raw);
	return values != NULL;
}

static enum gt_feed rows(void *self, struct gt_batch *batch, uint64_t position, struct gt_fed *fed,
	struct gt_err *err)
{
	struct state *s = self;
	struct gt_err why = {0};
	uint64_t n = position / STEP;
	if (!s->known)
		s->first = n;
	s->known = true;
	while (n < s->count && add(s, batch, n, &why))
		n++;
	*fed = (struct gt_fed){0, n * STEP, n - s->first};
	if (!why.code)
		return n < s->count ? GT_FEED_FULL : GT_FEED_DONE;
	*err = why;
	return GT_FEED_ERROR;
}

static bool sheets(void *self, struct gt_host *host, const struct gt_seekable *bytes,
	gt_sheet_fn *sink, void *arg, struct gt_err *err)
{
	const struct gt_pair select[] = {
		{GT_LIT("blocks_sheet"), GT_LIT("0")}, {GT_LIT("blocks_sheet"), GT_LIT("1")}};
	const struct gt_str columns[] = {GT_LIT("line")};
	uint64_t count = 0;
	bool more = true;
	(void)self;
	(void)host;
	if (!read_count(bytes, &count, err))
		return false;
	for (size_t i = 0; i < 2 && more; i++)
		more = sink(arg, &(struct gt_sheet){.name = i ? GT_LIT("空") : GT_LIT("全"),
					 .columns = columns,
					 .column_count = 1,
					 .sample = GT_LIT("row\n"),
					 .select = &select[i],
					 .select_count = 1});
	return true;
}

static void end(void *self)
{
	((struct state *)self)->count = 0;
}

GT_FORMAT(blocks, .summary = "blocks of eight bytes", .summary_zh = "每八个字节一条",
	.self_size = sizeof(struct state), .options = options, .end = end,
	.caps = GT_FORMAT_SEEK | GT_FORMAT_SHEETS | GT_FORMAT_ISOLATE, .open = open_, .rows = rows,
	.sheets = sheets);
