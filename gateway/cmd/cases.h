/* cases.h: the golden cases of mappings: tests/<source>.yaml beside sources/, a list of
 *	- {flow: trips, name: what it shows, row: {FIELD: raw text}, out: {element: value}}
 *	- {flow: trips, name: …, row: {…}, reasons: [GT2101]}
 *	- {flow: trips, name: …, capture: trips.capture, record: 17, out: {…}}
 * `out` lists the elements that the case is about (~ = not set; marked ones by their clear value);
 *of a flow that splits it is a list, one such mapping for each message ([] = the row is left out);
 * `reasons` all reject codes. */
#ifndef GT_CMD_CASES_H
#define GT_CMD_CASES_H

#include "config.h"

struct gt_case_counts {
	size_t run, failed;
};
typedef void gt_case_fn(void *arg, struct gt_pos pos, const struct gt_err *err);

/* Runs all cases of the configuration's tests/ folder; each mismatch and each mistake of a file
 * goes to the sink. */
void gt_cases_run(
	struct gt_config *config, struct gt_case_counts *counts, gt_case_fn *sink, void *arg);

#endif
