/* needs.h: the topics that a configuration needs (gt_gateway_topics()), made where nobody else
 * does. */
#ifndef GT_CMD_NEEDS_H
#define GT_CMD_NEEDS_H

#include "config.h"
#include "topics.h"

/* Makes them in a development broker. */
bool gt_needs_topics(struct gt_dev_broker *broker, const struct gt_topic_plan *plan,
	struct gt_err *err) GT_MUST_CHECK;

#endif
