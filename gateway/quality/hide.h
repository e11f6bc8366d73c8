/* hide.h: personal values that must not stand on a screen: those of marked columns, and those that
 * look like identity numbers, telephone numbers and bank cards wherever they are. Pure. */
#ifndef GT_QUALITY_HIDE_H
#define GT_QUALITY_HIDE_H

#include "profile.h"

/* Is every value of a column of this kind personal? */
bool gt_hide_column(enum gt_looks looks);
/* Writes the value to out (room s.n + 1 bytes): in part if `whole`, else with the personal numbers
 * in it in part. today: days since 1970-01-01. Returns the length. */
size_t gt_hide(const struct gt_words *words, int64_t today, bool whole, struct gt_str s, char *out);

#endif
