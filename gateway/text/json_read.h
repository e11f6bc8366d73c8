/* json_read.h: implementation side of guantong/json.h (yyjson stays behind it), and jansson helpers
 * for control documents. */
#ifndef GT_TEXT_JSON_READ_H
#define GT_TEXT_JSON_READ_H

#include <guantong/json.h>
#include <jansson.h>

/* Control documents (state records, admin answers), never on the record path. NULL: err (DATA). */
json_t *gt_json_load(struct gt_str text, struct gt_err *err);
struct gt_str gt_json_member(const json_t *object, const char *key); /* string member or none */
int64_t gt_json_int(const json_t *object, const char *key, int64_t otherwise);

#endif
