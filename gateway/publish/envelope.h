/* envelope.h: normalised records as messages: CloudEvents 1.0 in structured JSON mode (DESIGN
 * section 8), restricted messages and rejects. Constant parts are rendered once per flow. Record
 * path: writes straight into the batch's arena, no allocation. */
#ifndef GT_PUBLISH_ENVELOPE_H
#define GT_PUBLISH_ENVELOPE_H

#include "message.h"
#include "plan.h"

#define GT_MESSAGE_MAX                                                                             \
	1000000u /* value + key + headers; a larger accepted message becomes a reject */

struct gt_stamp_conf {
	struct gt_str prefix, site, source, flow; /* "jgsw" "wuchang" "cars" "trips" */
	struct gt_str basis;                      /* "declared" or none */
	struct gt_str standard;                   /* digest of the standard, for rejects; or none */
	uint64_t epoch;                           /* numbering epoch */
	const struct gt_plan *plan;
};
/* One per flow and numbering epoch; immutable, holds a reference on the plan; counted, because
 * batches in flight keep it. */
struct gt_stamp;
struct gt_stamp *gt_stamp_new(const struct gt_stamp_conf *conf);
struct gt_stamp *gt_stamp_ref(struct gt_stamp *stamp);
void gt_stamp_unref(struct gt_stamp *stamp);
struct gt_str gt_stamp_origin(const struct gt_stamp *stamp); /* "/wuchang/cars/trips" */
uint64_t gt_stamp_epoch(const struct gt_stamp *stamp);
/* Topics that this flow's messages can go to: rejected, and of each part open and restricted (if
 * the entity needs it). */
size_t gt_stamp_topics(const struct gt_stamp *stamp, const struct gt_str **names);

#define GT_FAN_OUT_MAX                                                                             \
	2u /* messages that one accepted part of a record becomes at most: open + restricted       \
	    */

/* An accepted record, or norm->part of one: writes 1..GT_FAN_OUT_MAX messages with seq, seq + 1 …
 * *too_large: the event would exceed GT_MESSAGE_MAX: reject the row instead. Returns messages
 * written; 0 with
 * !*too_large: the arena is full. */
size_t gt_stamp_accept(const struct gt_stamp *stamp, struct gt_batch *batch,
	const struct gt_norm *norm, uint64_t seq, struct gt_message messages[GT_FAN_OUT_MAX],
	bool *too_large);
/* A rejected row: its original bytes, and headers that tell everything a replay needs. Returns 0
 * when the arena is full. now_us: the poll's wall time. reasons: norm's, or row->bad for a bad row.
 */
size_t gt_stamp_reject(const struct gt_stamp *stamp, struct gt_batch *batch,
	const struct gt_row *row, const struct gt_reason *reasons, size_t reason_count,
	uint64_t seq, int64_t now_us, struct gt_message *message);

#endif
