/* report.h: pictures of the runtime as text. Control path. */
#ifndef GT_CONSOLE_REPORT_H
#define GT_CONSOLE_REPORT_H

#include "buf.h"
#include "runtime.h"

void gt_report_json(const struct gt_runtime_status *status, struct gt_buf *out);
void gt_report_metrics(const struct gt_runtime_status *status, struct gt_buf *out);
/* Rows of a flow that no count explains; 0 in health. */
int64_t gt_report_unaccounted(const struct gt_flow_status *flow);

#endif
