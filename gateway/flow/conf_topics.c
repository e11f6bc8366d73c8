/* conf_topics.c: the topics that the flows of a configuration need. */
#include "flow_conf.h"

#include "gt_assert.h"
#include "topics.h"

#include <stdlib.h>

static size_t add_once(const struct gt_entity **entities, size_t n, const struct gt_entity *entity)
{
	for (size_t i = 0; i < n; i++)
		if (entities[i] == entity)
			return n;
	entities[n] = entity;
	return n + 1;
}

void gt_gateway_topics(const struct gt_gateway_conf *gateway, struct gt_arena *memory,
	struct gt_topic_plan *topics)
{
	size_t parts = 0, n = 0;

	for (size_t i = 0; i < gateway->flow_count; i++)
		parts += gt_plan_parts(gateway->flows[i].plan);
	const struct gt_entity **entities =
		gt_alloc((parts + 1) * sizeof(const struct gt_entity *));
	for (size_t i = 0; i < gateway->flow_count; i++) {
		const struct gt_plan *plan = gateway->flows[i].plan;

		for (size_t p = 0; p < gt_plan_parts(plan); p++)
			n = add_once(entities, n, gt_plan_entity(gt_plan_part(plan, p)));
	}
	gt_topic_plan_make(topics, memory, gateway->prefix, gateway->site,
		(int)gateway->kafka.slots, entities, n);
	free(entities);
}
