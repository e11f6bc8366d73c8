/* fuzz_xls.c: pages, XML documents and texts that are named like workbooks. Workbooks themselves
 * are freexl's, which is known to read beyond its memory, or those of fuzz_xlsx.c: not here. */
#include "fuzz_seek.h"

extern const struct gt_format guantong_format_xls;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gt_str doc = gt_str((const char *)data, size);
	if (size > 0 && (data[0] == 0xD0 || data[0] == 'P'))
		return 0;
	fuzz_seek(&guantong_format_xls, doc);
	return 0;
}
