/* demo_files.h: a drop folder with readings of electricity meters as an energy system exports them:
 * CSV in GB18030, quantities in 万kWh, dirt included; for `guantong demo` and tests. */
#ifndef GT_CMD_DEMO_FILES_H
#define GT_CMD_DEMO_FILES_H

#include <guantong/error.h>

/* Writes file number `index` (from 0) with `rows` data rows into the existing folder: under another
 * name first, then by rename. The same seed and index give the same bytes. Any thread. */
bool gt_demo_file_write(const char *folder, uint64_t seed, size_t index, size_t rows,
	struct gt_err *err) GT_MUST_CHECK;

#endif
