/* expr_run.h: a program of standard/expr.h over one row. Total: every program gives a value, null
 * or a failure on every input, in a time bounded by its length and the sizes of its texts. Record
 * path: memory comes from the row's arena only. Any thread, each with its own run. */
#ifndef GT_NORMALISE_EXPR_RUN_H
#define GT_NORMALISE_EXPR_RUN_H

#include "arena.h"
#include "expr.h"

struct gt_expr_run {
	const struct gt_expr *expr;
	const struct gt_value *values; /* by the ids that the scope gave */
	bool cells;                    /* they are cells of a source, not normalised values */
	struct gt_arena *arena;
	const struct gt_words *words;
	void *match;    /* pcre2_match_data with room for two pairs */
	uint64_t flags; /* what reading its cells, numbers and dates found; added to */
};

enum gt_expr_got {
	GT_EXPR_GOT,    /* *value: GT_NULL, BOOL, TEXT, DECIMAL, DATE or TIME */
	GT_EXPR_FAILED, /* *failed says where */
	GT_EXPR_FULL    /* the arena is exhausted */
};
enum gt_expr_got gt_expr_run(
	struct gt_expr_run *run, struct gt_value *value, enum gt_expr_code *failed);
/* A condition: true, or false where it does not hold, is null or fails (told in *failed). */
enum gt_expr_got gt_expr_holds(struct gt_expr_run *run, bool *holds, enum gt_expr_code *failed);

#endif
