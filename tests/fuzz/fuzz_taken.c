/* Any bytes as the cursor, the entry and the name of a taken file: what is accepted is written back
 * as it was read, and its name is a name within a folder. */
#include "../../adapters/lib/taken.h"
#include "gt_assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_a_file_name(const char *name)
{
	char shown[GT_NAME_SHOWN];
	GT_ASSERT(name[0] && strlen(name) <= GT_NAME_MAX && !strchr(name, '/'));
	GT_ASSERT(strcmp(name, ".") != 0 && strcmp(name, "..") != 0);
	GT_ASSERT(gt_utf8_bad(gt_cstr(gt_name_show(name, shown))) == SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gt_str text = gt_str((const char *)data, size);
	struct gt_taken a, b;
	char out[GT_TAKEN_TEXT], name[GT_NAME_MAX + 1], value[GT_TAKEN_VALUE];
	uint64_t seconds = 0, again = 0;
	if (gt_taken_read(text, &a) && a.state != GT_TAKEN_NOTHING) {
		is_a_file_name(a.name);
		GT_ASSERT(gt_taken_read(gt_taken_write(&a, out), &b));
		GT_ASSERT(a.state == b.state && a.number == b.number && a.size == b.size &&
			  a.offset == b.offset && a.row == b.row && a.mtime == b.mtime &&
			  strcmp(a.name, b.name) == 0 && strcmp(a.digest, b.digest) == 0);
	}
	if (gt_taken_entry_read(text, &seconds, name)) {
		is_a_file_name(name);
		memcpy(b.name, name, sizeof name);
		GT_ASSERT(gt_taken_entry_read(
			gt_taken_entry(&b, (int64_t)seconds, value), &again, name));
		GT_ASSERT(seconds == again && strcmp(b.name, name) == 0);
	}
	if (gt_name_decode(text, name))
		is_a_file_name(name);
	return 0;
}
