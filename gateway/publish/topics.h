/* topics.h: which topics and rights a configuration needs, by DESIGN section 8. */
#ifndef GT_PUBLISH_TOPICS_H
#define GT_PUBLISH_TOPICS_H

#include "publisher.h"
#include "standard.h"

struct gt_topic_plan {
	struct gt_topic_spec *v; /* state first; each name once */
	size_t n;
	struct gt_str state, entries, manifest, status, rejected;
};
/* entities: those that the configured flows publish. Memory from the arena. */
void gt_topic_plan_make(struct gt_topic_plan *plan, struct gt_arena *memory, struct gt_str prefix,
	struct gt_str site, int slots, const struct gt_entity *const *entities, size_t n);
/* Name of an entity's topic; restricted: its twin. */
struct gt_str gt_topic_name(struct gt_arena *memory, struct gt_str prefix, struct gt_str site,
	const struct gt_entity *entity, bool restricted);
/* What `guantong topics plan` prints: topics with their settings, then the ACLs of this site's user
 * as commands of Kafka's own tools (kafka-topics.sh, kafka-acls.sh), or as JSON. */
struct gt_buf;
void gt_topic_plan_print(const struct gt_topic_plan *plan, struct gt_str prefix, struct gt_str site,
	int64_t replication, bool json, struct gt_buf *out);

#endif
