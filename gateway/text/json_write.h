/* json_write.h: writing JSON text straight into memory that the caller has reserved. Record path:
 * inline, no allocation, no locale. */
#ifndef GT_TEXT_JSON_WRITE_H
#define GT_TEXT_JSON_WRITE_H

#include "buf.h"
#include <guantong/record.h>

/* Bytes that a text of n bytes may need at most, quotes included. */
#define GT_JSON_TEXT_ROOM(n) (6 * (size_t)(n) + 2)

#define GT_JSON_VALUE_ROOM(value)                                                                  \
	((value)->kind == GT_TEXT          ? GT_JSON_TEXT_ROOM((value)->size)                      \
		: (value)->kind == GT_JSON ? (size_t)(value)->size                                 \
					   : (size_t)48)

/* Each writes at `out` and returns the end. Text must be valid UTF-8 (control characters, quote and
 * backslash are escaped; nothing else is). */
char *gt_json_put_text(char *out, struct gt_str s);    /* with quotes */
char *gt_json_put_escaped(char *out, struct gt_str s); /* without quotes */
char *gt_json_put_int(char *out, int64_t v);           /* ≤ 20 bytes */
char *gt_json_put_decimal(
	char *out, int64_t v, unsigned scale); /* ≤ 22 bytes; trailing zeros kept */
/* A normalised value (TEXT, JSON, INT, DECIMAL, BOOL, DATE, TIME, NULL). Room: GT_JSON_VALUE_ROOM.
 */
char *gt_json_put_value(char *out, const struct gt_value *value);

void gt_json_add_text(struct gt_buf *buf, struct gt_str s); /* control path: with quotes */

#endif
