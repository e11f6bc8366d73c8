/* mask.h: values shown in part, and identity numbers found in free text. Pure, any thread. */
#ifndef GT_NORMALISE_MASK_H
#define GT_NORMALISE_MASK_H

#include "standard.h"

/* Writes the value in part to out (room s.n + 1 bytes); returns its length. */
size_t gt_mask(enum gt_format_kind format, struct gt_str s, char *out);

#define GT_IDENTITY_LENGTH 18u
/* The first identity number of an adult at or behind `from`, standing alone; SIZE_MAX = none.
 * today: days since 1970-01-01. */
size_t gt_identity_find(int64_t adult_years, int64_t today, struct gt_str s, size_t from);

#endif
