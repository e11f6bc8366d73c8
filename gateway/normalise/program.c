/* program.c: what lines and the standard compute. The result goes the way of a cell: it is
 * converted, checked and flagged like one that the source had sent. */
#include "lookup.h"
#include "steps.h"

static struct gt_expr_run over_row(
	const struct gt_run *run, const struct gt_expr *expr, const struct gt_row *row)
{
	return (struct gt_expr_run){.expr = expr,
		.values = row->values,
		.cells = true,
		.arena = run->arena,
		.words = run->plan->words,
		.match = run->norm->tools->match};
}

static enum gt_got failed(struct gt_run *run, const struct gt_step *step, enum gt_expr_code code)
{
	return gt_step_broken(
		run, step, GT_FLAG_INVALID, GT_E_VALUE_EXPR, GT_LIT(""), gt_expr_word(code));
}

/* A result as the cell that a source would send. */
static struct gt_value as_cell(const struct gt_value *value, char words[64])
{
	if (value->kind == GT_TEXT || value->kind == GT_BOOL || value->kind == GT_NULL)
		return *value;
	return gt_value_text(gt_value_words(value, words));
}

static enum gt_got compute(struct gt_run *run, const struct gt_step *step, struct gt_expr_run *expr,
	struct gt_value *raw, char words[64])
{
	struct gt_value value = {.kind = GT_NULL};
	enum gt_expr_code code;
	enum gt_expr_got got = gt_expr_run(expr, &value, &code);

	run->norm->flags[step->index] |= expr->flags;
	if (got == GT_EXPR_FULL)
		return GT_GOT_FULL;
	if (got == GT_EXPR_FAILED)
		return failed(run, step, code);
	*raw = as_cell(&value, words);
	return raw->kind == GT_NULL ? GT_GOT_NULL : GT_GOT_VALUE;
}

static enum gt_got look_up(struct gt_run *run, const struct gt_step *step, struct gt_value *raw)
{
	const struct gt_program *program = step->program;
	struct gt_str key, found;
	char clean[GT_LOOKUP_KEY_MAX];

	if (raw->kind != GT_TEXT && raw->kind != GT_NUMBER)
		return GT_GOT_VALUE; /* blank, or something that conversion refuses anyway */
	key = gt_clean_trim(gt_value_str(raw), &run->norm->flags[step->index]);
	if (key.n == 0 || gt_step_is_null_word(run, key))
		return GT_GOT_NULL;
	if (gt_lookup_find(program->lookup, key, clean, &found)) {
		*raw = gt_value_text(found);
		return found.n ? GT_GOT_VALUE : GT_GOT_NULL;
	}
	if (program->lookup_rejects && !step->element->required) {
		struct gt_reason *reason =
			gt_run_reason(run, GT_E_LOOKUP_MISSING, step->index, step->element->name);
		char name[GT_SHOWN_MAX], shown[GT_SHOWN_MAX];
		if (reason)
			gt_fail(&reason->err, GT_E_LOOKUP_MISSING,
				gt_shown(step->element->name, name),
				step->element->protection == GT_OPEN ? gt_shown(key, shown) : "***",
				gt_lookup_name(program->lookup));
	}
	return gt_step_broken(run, step, GT_FLAG_UNKNOWN_CODE, GT_E_LOOKUP_MISSING, key,
		gt_lookup_name(program->lookup));
}

enum gt_got gt_program_run(struct gt_run *run, const struct gt_step *step, const struct gt_row *row,
	struct gt_value *raw, char words[64])
{
	const struct gt_program *program = step->program;
	enum gt_got got = GT_GOT_VALUE;
	enum gt_expr_code code;
	bool holds = true;

	if (program->when) {
		struct gt_expr_run when = over_row(run, program->when, row);
		switch (gt_expr_holds(&when, &holds, &code)) {
		case GT_EXPR_FULL:
			return GT_GOT_FULL;
		case GT_EXPR_FAILED:
			return failed(run, step, code);
		case GT_EXPR_GOT:
			break;
		}
		if (!holds)
			return GT_GOT_NULL;
	}
	if (program->expr) {
		struct gt_expr_run expr = over_row(run, program->expr, row);
		got = compute(run, step, &expr, raw, words);
	} else if (step->field != GT_NO_FIELD) {
		*raw = row->values[step->field];
	}
	return got == GT_GOT_VALUE && program->lookup ? look_up(run, step, raw) : got;
}

static bool is_set(const struct gt_value *value)
{
	return value->kind != GT_ABSENT && value->kind != GT_NULL;
}

static bool rejected(const struct gt_run *run, uint32_t index)
{
	for (size_t i = run->first_reason; i < run->norm->reason_count; i++)
		if (run->norm->reasons[i].element == index)
			return true;
	return false;
}

static bool derive(struct gt_run *run, const struct gt_step *step)
{
	struct gt_value *value = &run->norm->values[step->index], raw;
	struct gt_expr_run expr = {.expr = step->element->derive,
		.values = run->norm->values,
		.arena = run->arena,
		.words = run->plan->words,
		.match = run->norm->tools->match};
	char words[64];
	enum gt_got got;

	if (is_set(value) || rejected(run, step->index))
		return true;
	got = compute(run, step, &expr, &raw, words);
	if (got == GT_GOT_VALUE)
		got = gt_step_convert(run, step, &raw, value);
	if (got == GT_GOT_VALUE)
		run->norm->flags[step->index] |= GT_FLAG_DERIVED;
	else
		value->kind = value->kind == GT_ABSENT ? GT_ABSENT : GT_NULL;
	if (got == GT_GOT_NULL && step->element->required)
		(void)gt_step_broken(run, step, 0, GT_E_VALUE_MISSING, GT_LIT(""), NULL);
	return got != GT_GOT_FULL;
}

bool gt_run_derive(struct gt_run *run)
{
	for (size_t i = 0; i < run->variant->derived_count; i++)
		if (!derive(run, &run->variant->derived[i]))
			return false;
	return true;
}

bool gt_run_condition(
	struct gt_run *run, const struct gt_expr *condition, const struct gt_row *row, bool *holds)
{
	struct gt_expr_run expr = over_row(run, condition, row);
	enum gt_expr_code code;

	/* What cannot be judged does not hold. */
	return gt_expr_holds(&expr, holds, &code) != GT_EXPR_FULL;
}
