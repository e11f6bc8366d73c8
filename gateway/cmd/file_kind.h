/* file_kind.h: what a file is, by its first bytes. */
#ifndef GT_CMD_FILE_KIND_H
#define GT_CMD_FILE_KIND_H

#include <guantong/format.h>

/* The format that most likely reads it; NULL: none does, and err says what the file is and what to
 * do. head: its first bytes, at most GT_FORMAT_HEAD. name: shown, and its ending is looked at. */
const struct gt_format *gt_file_format(struct gt_str head, struct gt_str name, struct gt_err *err);

#endif
