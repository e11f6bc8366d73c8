/* Any bytes as a CSV document: the first two bytes choose the options and the pieces. */
#include "fuzz_format.h"

extern const struct gt_format guantong_format_csv;

static void choose(void *self, const char *name, const char *value, struct gt_arena *memory)
{
	const struct gt_option *table = guantong_format_csv.options;
	GT_ASSERT(gt_option_store(
		gt_option_find(table, gt_cstr(name)), self, gt_cstr(value), NULL, memory, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gt_str fields[] = {{"ID", 2}, {"名称", 6}, {"a.b", 3}};
	static const char *const charsets[] = {"auto", "UTF-8", "GB18030", "UTF-16LE"};
	static const char *const delimiters[] = {"auto", "auto", "|@|", "tab"};
	struct gt_host host = {.fields = fields, .field_count = 3};
	struct gt_arena memory;
	if (size < 2)
		return 0;
	(void)guantong_format_csv.sniff(gt_str((const char *)data, size), GT_LIT("a.csv"));
	void *self = gt_alloc(guantong_format_csv.self_size);
	gt_arena_init(&memory, 0);
	gt_options_defaults(guantong_format_csv.options, self, &memory);
	choose(self, "charset", charsets[data[0] & 3], &memory);
	choose(self, "delimiter", delimiters[data[0] >> 2 & 3], &memory);
	if (data[0] & 64)
		choose(self, "comment", "#", &memory);
	if (data[0] & 128)
		host.field_count = 0;
	feed_both(&guantong_format_csv, self, &host, gt_str((const char *)data + 2, size - 2),
		data[1] + 1u, (data[0] >> 4 & 3) + 1u);
	guantong_format_csv.end(self);
	gt_arena_fini(&memory);
	free(self);
	return 0;
}
