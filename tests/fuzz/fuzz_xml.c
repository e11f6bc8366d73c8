/* Any bytes as an XML document: the first two bytes choose the path and the pieces. */
#include "fuzz_format.h"

extern const struct gt_format guantong_format_xml;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gt_str fields[] = {
		{"no", 2}, {"dept.name", 9}, {"@id", 3}, {"#text", 5}};
	static const char *const paths[] = {"/root/row", "/*/*", "root", "/Envelope/Body/list/row"};
	struct gt_host host = {.fields = fields, .field_count = 4};
	struct gt_arena memory;
	if (size < 2)
		return 0;
	void *self = gt_alloc(guantong_format_xml.self_size);
	gt_arena_init(&memory, 0);
	GT_ASSERT(gt_option_store(guantong_format_xml.options, self, gt_cstr(paths[data[0] & 3]),
		NULL, &memory, NULL));
	feed_both(&guantong_format_xml, self, &host, gt_str((const char *)data + 2, size - 2),
		data[1] + 1u, (data[0] >> 2 & 3) + 1u);
	guantong_format_xml.end(self);
	gt_arena_fini(&memory);
	free(self);
	return 0;
}
