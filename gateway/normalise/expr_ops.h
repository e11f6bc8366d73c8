/* expr_ops.h: the operations of expr_run.c; not for others. */
#ifndef GT_NORMALISE_EXPR_OPS_H
#define GT_NORMALISE_EXPR_OPS_H

#include "expr_run.h"

/* A failure is a value of its own kind while a program runs: number = enum gt_expr_code. */
#define GT_EXPR_FAILURE GT_ABSENT

static inline struct gt_value gt_expr_fail(const struct gt_expr_op *op)
{
	return (struct gt_value){.kind = GT_EXPR_FAILURE, .number = op->code};
}

static inline struct gt_value gt_expr_truth(bool yes)
{
	return (struct gt_value){.kind = GT_BOOL, .number = yes};
}

/* One operation over op->count values (those of the stack that it takes), none of them a failure
 * or null. False: the arena is full. */
typedef bool gt_expr_fn(struct gt_expr_run *run, const struct gt_expr_op *op,
	const struct gt_value *in, struct gt_value *out);

/* expr_number.c */
gt_expr_fn gt_op_negate, gt_op_add, gt_op_multiply, gt_op_round, gt_op_divide, gt_op_convert,
	gt_op_number;
/* -1, 0, 1 */
int gt_decimals_compare(const struct gt_value *a, const struct gt_value *b);
/* An INT or DECIMAL as a DECIMAL without trailing zeros. */
struct gt_value gt_decimal_plain(const struct gt_value *value);
/* A text as numbers and dates are read: cleaned in out. False: too long, or not UTF-8. */
bool gt_expr_word_of(struct gt_expr_run *run, const struct gt_value *text, char *out,
	struct gt_str *word) GT_MUST_CHECK;

/* expr_time.c */
gt_expr_fn gt_op_later, gt_op_days, gt_op_seconds, gt_op_date, gt_op_time, gt_op_part_of_time;

/* expr_text.c */
gt_expr_fn gt_op_join, gt_op_trim, gt_op_case, gt_op_replace, gt_op_part, gt_op_substring,
	gt_op_length, gt_op_starts_with, gt_op_contains, gt_op_matches, gt_op_extract, gt_op_text;

#endif
