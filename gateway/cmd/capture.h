/* capture.h: a file of rows as a flow's adapter gave them, to be run again elsewhere: by preview,
 * diff-mapping and the cases of test. JSON, one object a line: a head
 *	{"guantong_capture":1,"flow":"cars/trips","entity":"vehicle.dispatch-order@1",
 *	 "adapter":"file","pseudonymised":true}
 * then documents {"document":0,"name":…,"format":…,"charset":…,"columns":[…]} and rows
 * {"row":17,"offset":2048,"of":0,"values":{"LC":"29.1公里","ZT":{"number":"1"}},"raw":…}. A value
 *is a text, null, true, false, {"number": lexeme}, {"nested": lexeme} or {"base64": bytes that are
 *not UTF-8}, the latter three with "marks" where the format set them. A row that could not be read
 *has "bad" instead of values. */
#ifndef GT_CMD_CAPTURE_H
#define GT_CMD_CAPTURE_H

#include "disguise.h"
#include "rows.h"

#define GT_CAPTURE_MAX (64u << 20) /* bytes of a file */

/* Head, documents and rows, appended to `out`. disguise NULL = as they are. */
struct gt_capture_writing {
	struct gt_buf out;
	struct gt_disguise *disguise;
	const struct gt_plan *plan;
	const struct gt_str *fields;
	size_t field_count;
	uint64_t document; /* hash of the name whose line stands last */
	unsigned documents;
	uint64_t rows;
};
void gt_capture_begin(struct gt_capture_writing *w, const struct gt_flow_conf *flow);
void gt_capture_row(
	struct gt_capture_writing *w, const struct gt_batch *batch, const struct gt_row *row);

struct gt_capture; /* a file that was read */
struct gt_capture *gt_capture_load(const char *path, struct gt_err *err);
void gt_capture_free(struct gt_capture *capture);                /* accepts NULL */
struct gt_str gt_capture_flow(const struct gt_capture *capture); /* "cars/trips" */
size_t gt_capture_count(const struct gt_capture *capture);
/* The i-th row (from 0) alone in the batch, with these wanted fields; those that were not captured
 * are absent. NULL: err says what is wrong with its line. */
const struct gt_row *gt_capture_take(const struct gt_capture *capture, size_t i,
	struct gt_batch *batch, const struct gt_str *fields, size_t field_count,
	struct gt_err *err);
/* All of them in turn, at most `most`. */
bool gt_capture_read(const struct gt_capture *capture, const struct gt_plan *plan, uint64_t most,
	gt_row_fn *each, void *arg, struct gt_err *err) GT_MUST_CHECK;

#endif
