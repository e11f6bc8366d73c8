/* stamp.h: the constant parts of one flow's messages, for envelope.c and reject.c. */
#ifndef GT_PUBLISH_STAMP_H
#define GT_PUBLISH_STAMP_H

#include "arena.h"
#include "envelope.h"
#include <stdatomic.h>

/* What differs between the parts of a split. */
struct gt_stamp_part {
	struct gt_str open_head, restricted_head; /* {"specversion" … "id":"1795320000. */
	struct gt_str open_topic, restricted_topic;
};

struct gt_stamp {
	_Atomic unsigned references;
	struct gt_plan *plan;
	struct gt_arena memory;
	struct gt_str origin, flow; /* "/wuchang/cars/trips", "cars/trips" */
	struct gt_str basis, standard;
	struct gt_str entity;    /* "vehicle.dispatch-order@1"; of a split all, separated by "," */
	struct gt_str key_start; /* "wuchang/cars/" */
	struct gt_str reject_key;
	struct gt_str id_start; /* "1795320000." */
	struct gt_stamp_part *parts;
	struct gt_str basis_member; /* ,"basis":"declared" or empty */
	struct gt_str rejected_topic;
	struct gt_str topics[2 * GT_SPLIT_MAX + 1]; /* all of them, each once */
	size_t topic_count;
	uint64_t epoch;
};

/* Raw writers: room is the caller's business. */
char *gt_put_str(char *out, struct gt_str s);
char *gt_put_utc(char *out, int64_t us); /* "2024-03-27T00:25:00Z", ≤ GT_TIME_TEXT_MAX */
/* "<epoch>.<seq>" in the arena; none when it is full. */
struct gt_str gt_stamp_id(const struct gt_stamp *stamp, struct gt_arena *arena, uint64_t seq);

#endif
