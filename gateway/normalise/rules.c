/* rules.c: rules across elements. They see the clear values. */
#include "steps.h"

static bool is_set(const struct gt_value *value)
{
	return value->kind != GT_ABSENT && value->kind != GT_NULL;
}

/* Most rules are a <= b over times or numbers of one scale, and most records lack one of the two:
 * these are judged without running a program. */
static bool judged(const struct gt_run *run, const struct gt_expr *check, bool *is_broken)
{
	const struct gt_value *values = run->norm->values;

	*is_broken = false;
	for (size_t i = 0; check->strict && i < check->name_count; i++)
		if (!is_set(&values[check->names[i]]))
			return true;
	if (check->n != 3 || check->name_count != 2 || check->ops[2].code != GT_OP_AT_MOST)
		return false;
	const struct gt_value *a = &values[check->ops[0].arg], *b = &values[check->ops[1].arg];
	if (a->kind == GT_DECIMAL && a->scale != b->scale)
		return false;
	*is_broken = a->number > b->number;
	return a->kind == b->kind;
}

/* A code's division against the one that an address names, as far as it names one. */
static bool lies_in(
	const struct gt_run *run, const struct gt_value *code, const struct gt_value *address)
{
	struct gt_place_of place;
	struct gt_str s = gt_value_str(code);

	if (s.n < 6 || gt_division_named(run, gt_value_str(address), &place) != GT_PLACED)
		return true;
	if (gt_division_within(place.division, s))
		return true;
	/* The code of before a change, the name of after it. */
	const struct gt_division *coded = gt_standard_division(run->plan->standard, gt_str(s.p, 6));
	for (struct gt_str rest = coded ? coded->successors : gt_str(NULL, 0); rest.n >= 6;) {
		if (gt_division_within(place.division, rest))
			return true;
		rest = rest.n > 7 ? gt_str(rest.p + 7, rest.n - 7) : gt_str(NULL, 0);
	}
	return false;
}

/* A rule is broken where it is false. Where a value is missing, or it cannot be judged at all (a
 * product that does not fit), it is not: the first is what `required` is for, the second would say
 * more than is known. */
static bool broken(struct gt_run *run, const struct gt_rule *rule, bool *full)
{
	if (!rule->check) {
		const struct gt_value *a = &run->norm->values[rule->code],
				      *b = &run->norm->values[rule->address];
		*full = false;
		return a->kind == GT_TEXT && b->kind == GT_TEXT && !lies_in(run, a, b);
	}
	struct gt_expr_run expr = {.expr = rule->check,
		.values = run->norm->values,
		.arena = run->arena,
		.words = run->plan->words,
		.match = run->norm->tools->match};
	struct gt_value value = {.kind = GT_NULL};
	struct gt_arena_mark mark = gt_arena_mark(run->arena);
	enum gt_expr_code failed;
	enum gt_expr_got got = gt_expr_run(&expr, &value, &failed);

	gt_arena_rollback(run->arena, mark);
	*full = got == GT_EXPR_FULL;
	return got == GT_EXPR_GOT && value.kind == GT_BOOL && !value.number;
}

bool gt_run_rules(struct gt_run *run)
{
	const struct gt_entity *entity = run->variant->entity;
	char name[GT_SHOWN_MAX], en[GT_SHOWN_MAX], zh[GT_SHOWN_MAX];

	for (size_t i = 0; i < entity->rule_count; i++) {
		const struct gt_rule *rule = &entity->rules[i];
		bool full = false, is_broken;
		if (!rule->check || !judged(run, rule->check, &is_broken))
			is_broken = broken(run, rule, &full);
		if (!is_broken) {
			if (full)
				return false;
			continue;
		}
		if (!rule->reject) {
			run->norm->rule_flags |= UINT32_C(1) << i;
			continue;
		}
		struct gt_reason *reason =
			gt_run_reason(run, GT_E_RULE_BROKEN, SIZE_MAX, rule->name);
		if (reason)
			gt_fail(&reason->err, GT_E_RULE_BROKEN, gt_shown(rule->name, name),
				gt_shown(rule->title.en, en), gt_shown(rule->title.zh, zh));
	}
	return true;
}
