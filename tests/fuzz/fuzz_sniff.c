/* Documents of unknown kinds: every format is asked, and so is the table of magic bytes. */
#include "file_kind.h"
#include "registry.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct gt_format guantong_format_csv, guantong_format_json, guantong_format_jsonl;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gt_adapter *const adapters[] = {NULL};
	static const struct gt_format *const formats[] = {
		&guantong_format_csv, &guantong_format_json, &guantong_format_jsonl, NULL};
	struct gt_err err = {0};

	if (!gt_registry_format(GT_LIT("csv")))
		gt_registry_builtin(adapters, formats);
	if (size > GT_FORMAT_HEAD)
		size = GT_FORMAT_HEAD;
	if (!gt_file_format(gt_str((const char *)data, size), GT_LIT("x"), &err) && !err.code)
		abort();
	return 0;
}
