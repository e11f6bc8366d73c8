/* examples.h: the golden examples of the loaded packages, run through the real plan with a mapping
 * in which every element is its own source field. For `guantong test` and the golden tests. Control
 * path. */
#ifndef GT_NORMALISE_EXAMPLES_H
#define GT_NORMALISE_EXAMPLES_H

#include "plan.h"

/* One thing that came out differently than the example says; err is the whole sentence. */
typedef void gt_mismatch_fn(void *arg, const struct gt_example *example, const struct gt_err *err);

/* Runs all examples. Compares every element that an example lists under `out` (marked ones by their
 * clear value), the published flags ("<element>.<flag>", "rule.<name>") and the reject codes; both
 * must be exactly those listed. Returns the number of examples that failed. */
size_t gt_examples_run(struct gt_standard *standard, gt_mismatch_fn *mismatch, void *arg);

#endif
