/* preview.h: how one row and its outcome are shown. */
#ifndef GT_CMD_PREVIEW_H
#define GT_CMD_PREVIEW_H

#include "batch.h"
#include "buf.h"
#include "config.h"

struct gt_shown {
	const struct gt_config *config;
	const struct gt_flow_conf *flow;
	const struct gt_batch *batch;
	const struct gt_row *row;
	const struct gt_norm *norm;   /* of this row; NULL = a bad row */
	const struct gt_trace *trace; /* the way of each value; NULL = not asked for */
	const char *element;          /* of which alone; NULL = all */
	bool accepted;
	bool personal; /* show raw cells of marked elements too */
	bool colour;
	uint64_t number; /* of the row among those read, from 1 */
};

/* Raw beside normalised, what happened to each value, and the outcome. */
void gt_show_record(const struct gt_shown *shown, struct gt_buf *out);
/* The same as one JSON object. */
void gt_show_json(const struct gt_shown *shown, struct gt_buf *out);
/* preview_steps.c: the way of each value, as lines, or as a JSON member. */
void gt_show_steps(const struct gt_shown *shown, struct gt_buf *out);
void gt_show_steps_json(const struct gt_shown *shown, struct gt_buf *out);
/* A normalised value as text, without quotes; "" = not set. */
void gt_show_value(const struct gt_value *value, struct gt_buf *out);

#endif
