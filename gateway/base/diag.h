/* diag.h: all mistakes of a configuration at once, each with file:line:column. Not thread-safe. */
#ifndef GT_BASE_DIAG_H
#define GT_BASE_DIAG_H

#include "catalogue.h"

struct gt_pos {
	const char *file;      /* lives as long as the diagnostics; NULL = no position */
	uint32_t line, column; /* from 1, column in characters */
};

struct gt_diag {
	struct gt_pos pos;
	struct gt_err err;
};

#define GT_DIAGS_MAX 200u /* later ones are only counted */

struct gt_diags {
	struct gt_diag *v;
	size_t n, cap, dropped;
};

void gt_diags_fini(struct gt_diags *diags);
void gt_diags_add_err(struct gt_diags *diags, struct gt_pos pos, const struct gt_err *err);
void gt_diags_add_with(struct gt_diags *diags, struct gt_pos pos, struct gt_failure failure);
#define gt_diags_add(diags, pos, ...)                                                              \
	gt_diags_add_with((diags), (pos), (struct gt_failure){__VA_ARGS__})
void gt_diags_sort(struct gt_diags *diags); /* by file, line, column; equal ones merged */

/* The name nearest to `word` among n names (edit distance ≤ 2 and ≤ a third of the length,
 * characters not bytes), or NULL. Control path only. */
const char *gt_nearest(struct gt_str word, const char *const *names, size_t n);

#endif
