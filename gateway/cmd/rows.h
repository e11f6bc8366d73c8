/* rows.h: rows of a flow as its adapter gives them, for verbs that look: nothing is published,
 * nothing acknowledged to the source, no state kept. */
#ifndef GT_CMD_ROWS_H
#define GT_CMD_ROWS_H

#include "batch.h"
#include "config.h"

struct gt_rows_wanted {
	const struct gt_str *fields; /* source fields; NULL = those of the flow's plan */
	size_t field_count;
	uint64_t most;  /* rows */
	int64_t wait_s; /* for a source that has nothing yet */
};
/* One row; its batch lives until the next call. False: stop, err says why. */
typedef bool gt_row_fn(
	void *arg, struct gt_batch *batch, const struct gt_row *row, struct gt_err *err);
bool gt_rows_read(const struct gt_flow_conf *flow, const struct gt_rows_wanted *wanted,
	gt_row_fn *each, void *arg, struct gt_err *err) GT_MUST_CHECK;

/* Says that there is no such flow, and which there are. Returns the exit code. */
int gt_report_unknown_flow(const struct gt_config *config, const char *name, const char *near);

#endif
