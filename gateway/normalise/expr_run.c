/* expr_run.c: the stack machine: values, conditions and what is common to all operations. */
#include "expr_ops.h"

#include "clean.h"
#include "gt_assert.h"
#include "steps.h"

static const struct gt_value null = {.kind = GT_NULL};

/* A cell as an expression sees it: its cleaned text; blank, or a word for "no value", is null. */
static bool cell(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *raw,
	struct gt_value *out)
{
	struct gt_str text;

	*out = null;
	if (raw->marks & GT_VALUE_DAMAGED || raw->kind == GT_JSON)
		*out = gt_expr_fail(op);
	if (raw->kind == GT_BOOL)
		*out = gt_value_text(raw->number ? GT_LIT("true") : GT_LIT("false"));
	if (out->kind != GT_NULL || (raw->kind != GT_TEXT && raw->kind != GT_NUMBER))
		return true;
	text = gt_clean_trim(gt_value_str(raw), &run->flags);
	if (!gt_clean_is(text, GT_CLEAN_TEXT)) {
		char *clean = gt_arena_alloc(run->arena, text.n);
		if (!clean)
			return false;
		text = gt_str(clean, gt_clean(text, GT_CLEAN_TEXT, clean, &run->flags));
		if (text.n == SIZE_MAX) {
			*out = gt_expr_fail(op);
			return true;
		}
	}
	if (text.n > 0 && gt_word_set_get(&run->words->no_value, text) < 0)
		*out = gt_value_text(text);
	return true;
}

static bool name(struct gt_expr_run *run, const struct gt_expr_op *op, struct gt_value *out)
{
	const struct gt_value *value = &run->values[op->arg];

	if (run->cells)
		return cell(run, op, value, out);
	*out = value->kind == GT_ABSENT ? null : *value;
	if (value->kind == GT_INT || value->kind == GT_DECIMAL)
		*out = gt_decimal_plain(value);
	return true;
}

static bool same(const struct gt_value *a, const struct gt_value *b)
{
	if (a->kind == GT_TEXT)
		return gt_str_eq(gt_value_str(a), gt_value_str(b));
	if (a->kind == GT_DECIMAL)
		return gt_decimals_compare(a, b) == 0;
	return a->number == b->number;
}

static bool equal(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	(void)run;
	*out = gt_expr_truth(same(&in[0], &in[1]) == (op->code == GT_OP_EQUAL));
	return true;
}

static bool ordered(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	int order = in[0].kind == GT_DECIMAL
			    ? gt_decimals_compare(&in[0], &in[1])
			    : (in[0].number > in[1].number) - (in[0].number < in[1].number);

	(void)run;
	*out = gt_expr_truth(op->code == GT_OP_LESS      ? order < 0
			     : op->code == GT_OP_AT_MOST ? order <= 0
			     : op->code == GT_OP_MORE    ? order > 0
							 : order >= 0);
	return true;
}

static bool among(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	bool found = false;

	for (uint32_t i = 0; i < op->count && !found; i++)
		found = same(&in[0], &run->expr->constants[op->arg + i]);
	*out = gt_expr_truth(found);
	return true;
}

static bool negated(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	struct gt_value *out)
{
	(void)run;
	(void)op;
	*out = gt_expr_truth(!in[0].number);
	return true;
}

/* Those that null and failures simply pass through. */
static gt_expr_fn *const strict[] = {[GT_OP_NEGATE] = gt_op_negate,
	[GT_OP_ADD] = gt_op_add,
	[GT_OP_SUBTRACT] = gt_op_add,
	[GT_OP_MULTIPLY] = gt_op_multiply,
	[GT_OP_JOIN] = gt_op_join,
	[GT_OP_LATER] = gt_op_later,
	[GT_OP_EARLIER] = gt_op_later,
	[GT_OP_DAYS] = gt_op_days,
	[GT_OP_SECONDS] = gt_op_seconds,
	[GT_OP_EQUAL] = equal,
	[GT_OP_UNEQUAL] = equal,
	[GT_OP_LESS] = ordered,
	[GT_OP_AT_MOST] = ordered,
	[GT_OP_MORE] = ordered,
	[GT_OP_AT_LEAST] = ordered,
	[GT_OP_IN] = among,
	[GT_OP_NOT] = negated,
	[GT_OP_TRIM] = gt_op_trim,
	[GT_OP_UPPER] = gt_op_case,
	[GT_OP_LOWER] = gt_op_case,
	[GT_OP_REPLACE] = gt_op_replace,
	[GT_OP_PART] = gt_op_part,
	[GT_OP_SUBSTRING] = gt_op_substring,
	[GT_OP_LENGTH] = gt_op_length,
	[GT_OP_STARTS_WITH] = gt_op_starts_with,
	[GT_OP_CONTAINS] = gt_op_contains,
	[GT_OP_MATCHES] = gt_op_matches,
	[GT_OP_EXTRACT] = gt_op_extract,
	[GT_OP_TEXT] = gt_op_text,
	[GT_OP_NUMBER] = gt_op_number,
	[GT_OP_ROUND] = gt_op_round,
	[GT_OP_DIVIDE] = gt_op_divide,
	[GT_OP_CONVERT] = gt_op_convert,
	[GT_OP_DATE] = gt_op_date,
	[GT_OP_TIME] = gt_op_time,
	[GT_OP_YEAR] = gt_op_part_of_time,
	[GT_OP_MONTH] = gt_op_part_of_time,
	[GT_OP_DAY] = gt_op_part_of_time,
	[GT_OP_HOUR] = gt_op_part_of_time,
	[GT_OP_MINUTE] = gt_op_part_of_time};

/* What decides a logical operation wins over failures, these over null. */
static struct gt_value logical(const struct gt_value *in, bool decides)
{
	for (size_t i = 0; i < 2; i++)
		if (in[i].kind == GT_BOOL && in[i].number == decides)
			return in[i];
	for (size_t i = 0; i < 2; i++)
		if (in[i].kind == GT_EXPR_FAILURE)
			return in[i];
	return in[0].kind == GT_NULL ? in[0] : in[1];
}

static struct gt_value choice(const struct gt_value *in)
{
	if (in[0].kind == GT_EXPR_FAILURE)
		return in[0];
	return in[0].kind == GT_BOOL && in[0].number ? in[1] : in[2];
}

static struct gt_value first(const struct gt_value *in, size_t n)
{
	size_t i = 0;

	while (i + 1 < n && in[i].kind == GT_NULL)
		i++;
	return in[i];
}

static bool strictly(struct gt_expr_run *run, const struct gt_expr_op *op,
	const struct gt_value *in, size_t n, struct gt_value *out)
{
	for (size_t i = 0; i < n; i++)
		if (in[i].kind == GT_EXPR_FAILURE) {
			*out = in[i];
			return true;
		}
	for (size_t i = 0; i < n; i++)
		if (in[i].kind == GT_NULL) {
			*out = in[i];
			return true;
		}
	return strict[op->code](run, op, in, out);
}

static bool operate(struct gt_expr_run *run, const struct gt_expr_op *op, const struct gt_value *in,
	size_t n, struct gt_value *out)
{
	switch (op->code) {
	case GT_OP_CONSTANT:
		*out = run->expr->constants[op->arg];
		return true;
	case GT_OP_NAME:
		return name(run, op, out);
	case GT_OP_AND:
	case GT_OP_OR:
		*out = logical(in, op->code == GT_OP_OR);
		return true;
	case GT_OP_IF:
		*out = choice(in);
		return true;
	case GT_OP_COALESCE:
		*out = first(in, n);
		return true;
	case GT_OP_HAS:
		*out = in[0].kind == GT_EXPR_FAILURE ? in[0] : gt_expr_truth(in[0].kind != GT_NULL);
		return true;
	default:
		return strictly(run, op, in, n, out);
	}
}

enum gt_expr_got gt_expr_run(
	struct gt_expr_run *run, struct gt_value *value, enum gt_expr_code *failed)
{
	struct gt_value stack[GT_EXPR_STACK];
	size_t depth = 0;

	for (size_t i = 0; i < run->expr->n; i++) {
		const struct gt_expr_op *op = &run->expr->ops[i];
		size_t takes = op->code == GT_OP_IN ? 1 : op->count;
		struct gt_value out;
		GT_ASSERT(depth >= takes && depth - takes < GT_EXPR_STACK);
		depth -= takes;
		if (!operate(run, op, &stack[depth], takes, &out))
			return GT_EXPR_FULL;
		stack[depth++] = out;
	}
	GT_ASSERT(depth == 1);
	*value = stack[0];
	if (value->kind != GT_EXPR_FAILURE)
		return GT_EXPR_GOT;
	*failed = (enum gt_expr_code)value->number;
	return GT_EXPR_FAILED;
}

enum gt_expr_got gt_expr_holds(struct gt_expr_run *run, bool *holds, enum gt_expr_code *failed)
{
	struct gt_arena_mark mark = gt_arena_mark(run->arena);
	struct gt_value value = null;
	enum gt_expr_got got = gt_expr_run(run, &value, failed);

	/* The texts on the way are not needed any more. */
	gt_arena_rollback(run->arena, mark);
	*holds = got == GT_EXPR_GOT && value.kind == GT_BOOL && value.number;
	return got;
}
