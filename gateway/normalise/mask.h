/* mask.h: values shown in part. Pure, any thread. */
#ifndef GT_NORMALISE_MASK_H
#define GT_NORMALISE_MASK_H

#include "standard.h"

/* Writes the value in part to out (room s.n + 1 bytes); returns its length. */
size_t gt_mask(enum gt_format_kind format, struct gt_str s, char *out);

#endif
