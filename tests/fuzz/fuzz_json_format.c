/* Any bytes as a JSON document: the first two bytes choose the options and the pieces. */
#include "fuzz_format.h"

extern const struct gt_format guantong_format_json;

static void choose(void *self, const char *name, const char *value, struct gt_arena *memory)
{
	const struct gt_option *table = guantong_format_json.options;
	GT_ASSERT(gt_option_store(
		gt_option_find(table, gt_cstr(name)), self, gt_cstr(value), NULL, memory, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gt_str fields[] = {{"ID", 2}, {"a.b", 3}, {"code", 4}};
	static const char *const shapes[] = {"list", "object", "members", "list"};
	struct gt_host host = {.fields = fields, .field_count = 3};
	struct gt_arena memory;
	if (size < 2)
		return 0;
	void *self = gt_alloc(guantong_format_json.self_size);
	gt_arena_init(&memory, 0);
	gt_options_defaults(guantong_format_json.options, self, &memory);
	choose(self, "shape", shapes[data[0] & 3], &memory);
	choose(self, "records", data[0] & 4 ? "data" : "", &memory);
	choose(self, "member", "code", &memory);
	choose(self, "pair_key", data[0] & 8 ? "k" : "", &memory);
	choose(self, "charset", data[0] & 64 ? "GB18030" : "auto", &memory);
	feed_both(&guantong_format_json, self, &host, gt_str((const char *)data + 2, size - 2),
		data[1] + 1u, (data[0] >> 4 & 3) + 1u);
	guantong_format_json.end(self);
	gt_arena_fini(&memory);
	free(self);
	return 0;
}
