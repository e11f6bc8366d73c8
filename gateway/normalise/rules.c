/* rules.c: rules across elements. They see the clear values. */
#include "steps.h"

static const struct gt_value *value_of(const struct gt_run *run, uint32_t index)
{
	const struct gt_value *value = &run->norm->values[index];

	return value->kind == GT_ABSENT || value->kind == GT_NULL ? NULL : value;
}

static bool holds(const struct gt_run *run, const struct gt_rule *rule)
{
	const struct gt_value *a = value_of(run, rule->a), *b = value_of(run, rule->b);

	switch (rule->kind) {
	case GT_RULE_NOT_AFTER:
		/* The loader has seen to it that both have one type, unit and scale. */
		return !a || !b || a->number <= b->number;
	case GT_RULE_REQUIRED_IF:
		return a || !b;
	case GT_RULE_ONE_OF:
		return a || b;
	}
	return true;
}

void gt_run_rules(struct gt_run *run)
{
	const struct gt_entity *entity = run->variant->entity;
	char name[GT_SHOWN_MAX], en[GT_SHOWN_MAX], zh[GT_SHOWN_MAX];

	for (size_t i = 0; i < entity->rule_count; i++) {
		const struct gt_rule *rule = &entity->rules[i];
		if (holds(run, rule))
			continue;
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
}
