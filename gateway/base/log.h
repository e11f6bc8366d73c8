/* log.h: one line to stderr per event, written at once. Any thread.
 * On a terminal or the journal: "2024-03-27T08:25:00+08:00 warning GT3021 flow=cars/trips
 * sentence"; in JSON with log.format: json. Same code and flow: at most 10 a minute, then
 * "suppressed N". */
#ifndef GT_BASE_LOG_H
#define GT_BASE_LOG_H

#include "catalogue.h"

enum gt_level { GT_LOG_ERROR, GT_LOG_WARNING, GT_LOG_INFO, GT_LOG_DEBUG };

void gt_log_setup(enum gt_level most_verbose, bool json);
/* flow: "" or none = the gateway itself. */
void gt_log(enum gt_level level, struct gt_str flow, const struct gt_err *err);
void gt_log_with(enum gt_level level, struct gt_str flow, struct gt_failure failure);
#define gt_log_say(level, flow, ...) gt_log_with((level), (flow), (struct gt_failure){__VA_ARGS__})

#endif
