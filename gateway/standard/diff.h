/* diff.h: what changed between two versions of a standard, and what each change means to those who
 * use it: compatible changes are a new minor version, breaking ones a new major, hence a new topic.
 * Control path, one thread. */
#ifndef GT_STANDARD_DIFF_H
#define GT_STANDARD_DIFF_H

#include "properties.h"

struct gt_change {
	enum gt_change_class class;
	struct gt_str entity;  /* "vehicle.trip"; none = a change of a list, unit, division … */
	struct gt_str name;    /* of the element, rule, list or unit; none = of the entity */
	const char *property;  /* "max", "codes", "key" …; what was added or removed: "element" */
	struct gt_str was, is; /* texts; none = there was (is) nothing */
	struct gt_pos pos;     /* in the newer one, or where it was removed in the older one */
	struct gt_str package; /* whose version has to say it; none = the entity's own version */
};
/* Views live during the call. */
typedef void gt_change_fn(void *arg, const struct gt_change *change);

struct gt_diff_counts {
	size_t wording, compatible, breaking;
	size_t unversioned; /* entities and packages whose version does not say what changed in them
			     */
};
/* All changes from a to b: entity by entity (of the same major where there is one, else the highest
 * of each); what each overlay says beyond what it stands on; code lists, units, divisions, words.
 */
struct gt_diff_counts gt_standard_diff(
	const struct gt_standard *a, const struct gt_standard *b, gt_change_fn *sink, void *arg);

#endif
