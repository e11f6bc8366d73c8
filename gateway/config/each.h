/* each.h: a part of a split that stands for several columns: months, days, meters side by side.
 * Control path; not thread-safe. */
#ifndef GT_CONFIG_EACH_H
#define GT_CONFIG_EACH_H

#include "yaml.h"

/* The columns that an item of `split:` names in `each:`; NULL = it has none. False: `each:` is no
 * list of names, *bad is the node to blame. */
bool gt_each_columns(const struct gt_yaml *item, const struct gt_yaml **columns,
	const struct gt_yaml **bad) GT_MUST_CHECK;
/* A copy of the item for column `at` (from 0), without `each:`: in every value {column} is the
 * column's name and {number} its place in the list, from 1. Lives in memory; nodes keep their
 * places in the file. */
struct gt_yaml *gt_each_item(struct gt_arena *memory, const struct gt_yaml *item,
	const struct gt_yaml *columns, size_t at);

#endif
