/* demo_files.h: what an energy system puts into a drop folder: readings of electricity meters as
 * CSV in GB18030, the units' monthly return as a workbook, quantities in 万kWh, dirt included; for
 * `guantong demo` and tests. The same seed and index give the same content. Any thread. */
#ifndef GT_CMD_DEMO_FILES_H
#define GT_CMD_DEMO_FILES_H

#include <guantong/error.h>

/* Writes file number `index` (from 0) with `rows` data rows into the existing folder: under another
 * name first, then by rename. */
bool gt_demo_file_write(const char *folder, uint64_t seed, size_t index, size_t rows,
	struct gt_err *err) GT_MUST_CHECK;
/* The return of month number `index` (from 0), also by rename. *rows: rows below its header, the
 * total and the note at its end included. */
bool gt_demo_return_write(const char *folder, uint64_t seed, size_t index, size_t *rows,
	struct gt_err *err) GT_MUST_CHECK;

#endif
