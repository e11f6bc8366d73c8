/* drift.h: what changes in a flow's source without anybody saying so: a field that the mapping does
 * not name, one that is gone, values of another kind, codes and units that were not there before.
 * Looked at once per batch, in a few of its rows, and where normalisation has noted a strange code
 * or unit; clean records cost nothing. Bounded memory. A flow's first batch is what counts as
 * usual. */
#ifndef GT_QUALITY_DRIFT_H
#define GT_QUALITY_DRIFT_H

#include "plan.h"

#define GT_DRIFT_FOUND_MAX 64u  /* different things kept; more are only counted */
#define GT_DRIFT_NAMES_MAX 512u /* fields of a source that are told apart */
#define GT_DRIFT_TEXT 64u       /* bytes kept of a name or a value */

enum gt_drift_kind {
	GT_DRIFT_NEW_FIELD,  /* in the source, not in the mapping, and not there at first */
	GT_DRIFT_GONE_FIELD, /* mapped, was there, is in no row any more */
	GT_DRIFT_KIND,       /* numbers became text, another order of dates */
	GT_DRIFT_CODE,       /* a code that neither mapping nor code list knows */
	GT_DRIFT_UNIT,       /* a unit in the value that was not usual */
	GT_DRIFT_KINDS
};
const char *gt_drift_name(enum gt_drift_kind kind); /* "new-field", for machines */

struct gt_drift_found {
	enum gt_drift_kind kind;
	char field[GT_DRIFT_TEXT];  /* of the source; of CODE and UNIT the element */
	char detail[GT_DRIFT_TEXT]; /* "number → text", the code, the unit; of private ones ***
				     */
	uint64_t count;             /* NEW: 1; GONE, KIND: batches; CODE, UNIT: values */
	int64_t first_us, last_us;  /* wall */
};

struct gt_drift;
struct gt_drift *gt_drift_new(void);
void gt_drift_free(struct gt_drift *drift); /* accepts NULL */

/* Both of the thread that normalises the flow. `log` is called once for everything new. */
typedef void gt_drift_log_fn(void *arg, const struct gt_drift_found *found);
void gt_drift_batch(struct gt_drift *drift, const struct gt_plan *plan,
	const struct gt_batch *batch, int64_t now_us, gt_drift_log_fn *log, void *arg);
/* After gt_plan_run() has noted something (norm->noted_count). */
void gt_drift_record(struct gt_drift *drift, const struct gt_norm *norm, int64_t now_us,
	gt_drift_log_fn *log, void *arg);

/* A copy, in `memory`. Any thread. total: by kind, counts of everything, also of what was not kept;
 * unmapped: fields of the source that the mapping does not name. */
struct gt_drift_picture {
	const struct gt_drift_found *v;
	size_t n, unmapped;
	uint64_t total[GT_DRIFT_KINDS];
};
/* drift NULL: nothing was looked at yet. */
void gt_drift_look(
	struct gt_drift *drift, struct gt_arena *memory, struct gt_drift_picture *picture);

/* The counts alone. Any thread; drift NULL: all 0. */
void gt_drift_totals(struct gt_drift *drift, uint64_t total[GT_DRIFT_KINDS]);

#endif
