/* diff_parts.h: what the parts of a comparison share; not for other layers. */
#ifndef GT_STANDARD_DIFF_PARTS_H
#define GT_STANDARD_DIFF_PARTS_H

#include "diff.h"
#include "load.h"

struct diff {
	const struct gt_standard *a, *b;
	gt_change_fn *sink;
	void *arg;
	struct gt_diff_counts counts;
	enum gt_change_class worst; /* of the entity under way */
	struct gt_map packages;     /* name → worst change + 1 of what its version has to say */
	struct gt_buf was, is;      /* texts under way */
};

void gt_diff_tell(struct diff *d, struct gt_change change);
/* Tells a change if the texts of d->was and d->is differ. */
void gt_diff_texts(struct diff *d, struct gt_change change);
/* True if a version that went from a to b does not say a change of this class. */
bool gt_diff_unsaid(enum gt_change_class worst, unsigned a_major, unsigned a_minor,
	unsigned b_major, unsigned b_minor);

/* diff_entities.c */
void gt_diff_entities(struct diff *d);
void gt_diff_overlays(struct diff *d);
/* The package of that name: of the same major, else the highest; NULL = none. */
const struct gt_package *gt_diff_package(
	const struct gt_standard *standard, const struct gt_package *like);

/* diff_lists.c */
void gt_diff_lists(struct diff *d);
/* From one list to another; what `below` has too (NULL = nothing) is left out. */
void gt_diff_codes(struct diff *d, struct gt_str package, const struct gt_code_list *a,
	const struct gt_code_list *b, const struct gt_code_list *below_a,
	const struct gt_code_list *below_b);

#endif
