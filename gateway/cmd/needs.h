/* needs.h: the topics that a configuration needs. */
#ifndef GT_CMD_NEEDS_H
#define GT_CMD_NEEDS_H

#include "config.h"
#include "topics.h"

/* Memory: the configuration's. */
void gt_needs_make(struct gt_topic_plan *plan, struct gt_config *config);
/* A development broker with these topics in it. NULL: err. */
struct gt_dev_broker *gt_needs_broker(const struct gt_topic_plan *plan, struct gt_err *err);

#endif
