/* sheet_dump.c: a document's rows as a format gives them, one JSON object a line, for comparison
 * with other readers of the same file (tests/tools/workbooks.py). usage: format_dump FORMAT FILE
 * [OPTION=VALUE]… Lines: {"columns":[…]} first, then {"row":17,"data":{…}} or
 * {"row":17,"bad":"CODE"}, then
 * {"end":"done"} or {"end":"CODE"}. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "batch.h"
#include "catalogue.h"
#include "gt_assert.h"
#include "options.h"
#include <guantong/format.h>

extern const struct gt_format guantong_format_xlsx, guantong_format_xls;
static const struct gt_format *const formats[] = {&guantong_format_xlsx, &guantong_format_xls};

static bool read_file(void *arg, uint64_t offset, void *to, size_t n)
{
	return fseek(arg, (long)offset, SEEK_SET) == 0 && fread(to, 1, n, arg) == n;
}

static const char *name_of(const struct gt_err *err)
{
	return gt_message_find(err->code)->name;
}

static void show(const struct gt_batch *batch)
{
	for (size_t i = 0; i < batch->row_count; i++) {
		const struct gt_row *row = &batch->rows[i];
		printf("{\"row\":%llu,", (unsigned long long)row->offset);
		if (row->bad)
			printf("\"bad\":\"%s\"}\n", name_of(row->bad));
		else
			printf("\"data\":%.*s}\n", GT_STR_ARGS(row->raw));
	}
}

static void run(const struct gt_format *format, void *self, const struct gt_seekable *bytes)
{
	struct gt_host host = {.flow = GT_LIT("dump")};
	struct gt_document document = {0};
	struct gt_batch *batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	struct gt_err err;
	struct gt_fed fed = {0};
	enum gt_feed outcome = GT_FEED_FULL;
	if (!format->open(self, &host, bytes, &document, &err)) {
		printf("{\"end\":\"%s\"}\n", name_of(&err));
		outcome = GT_FEED_DONE;
	} else {
		printf("{\"columns\":%.*s}\n", GT_STR_ARGS(document.columns));
	}
	while (outcome == GT_FEED_FULL) {
		gt_batch_reset(batch, 0, 20000, GT_BATCH_RAW_MAX);
		outcome = format->rows(self, batch, fed.resume, &fed, &err);
		show(batch);
		if (outcome != GT_FEED_FULL)
			printf("{\"end\":\"%s\"}\n",
				outcome == GT_FEED_DONE ? "done" : name_of(&err));
	}
	gt_batch_free(batch);
}

int main(int argc, char **argv)
{
	const struct gt_format *format = NULL;
	struct gt_arena memory;
	struct gt_err err;
	for (size_t i = 0; argc > 2 && i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(formats[i]->name, argv[1]) == 0)
			format = formats[i];
	FILE *file = format ? fopen(argv[2], "rb") : NULL;
	if (!file || fseek(file, 0, SEEK_END) != 0) {
		fprintf(stderr, "usage: format_dump FORMAT FILE [OPTION=VALUE]…\n");
		return EXIT_FAILURE;
	}
	struct gt_seekable bytes = {file, (uint64_t)ftell(file), read_file};
	void *self = gt_alloc(format->self_size);
	memset(self, 0, format->self_size);
	gt_arena_init(&memory, 0);
	gt_options_defaults(format->options, self, &memory);
	for (int i = 3; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');
		const struct gt_option *row =
			equals ? gt_option_find(format->options,
					 gt_str(argv[i], (size_t)(equals - argv[i])))
			       : NULL;
		GT_ASSERT(row &&
			  gt_option_store(row, self, gt_cstr(equals + 1), NULL, &memory, &err));
	}
	run(format, self, &bytes);
	format->end(self);
	gt_arena_fini(&memory);
	free(self);
	fclose(file);
	return EXIT_SUCCESS;
}
