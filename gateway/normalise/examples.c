/* examples.c: see examples.h. */
#include "examples.h"
#include "gt_assert.h"
#include "json_write.h"

#include <stdlib.h>

/* Codes without an event time are judged at this moment, so that examples do not age: 2024-06-01.
 */
#define NOW_US INT64_C(1717200000000000)

struct trial {
	const struct gt_example *example;
	const struct gt_entity *entity;
	struct gt_arena memory;
	struct gt_norm norm;
	gt_mismatch_fn *mismatch;
	void *arg;
	size_t mismatches;
};

static void differs(struct trial *t, enum gt_code code, struct gt_str what, struct gt_str actual,
	struct gt_str expected)
{
	struct gt_err err = {0};

	gt_fail(&err, code, gt_arena_copy(&t->memory, t->example->name).p,
		gt_arena_copy(&t->memory, what).p,
		actual.p ? gt_arena_copy(&t->memory, actual).p : NULL,
		expected.p ? gt_arena_copy(&t->memory, expected).p : NULL);
	t->mismatch(t->arg, t->example, &err);
	t->mismatches++;
}

static struct gt_str lexeme(struct trial *t, size_t index)
{
	const struct gt_value *clear = &t->norm.clear[index], *value = &t->norm.values[index];
	char *out;

	value = clear->kind == GT_ABSENT ? value : clear;
	if (value->kind == GT_ABSENT)
		return GT_LIT("null");
	out = gt_arena_alloc(&t->memory, GT_JSON_VALUE_ROOM(value));
	return gt_str(out, (size_t)(gt_json_put_value(out, value) - out));
}

static void compare_values(struct trial *t)
{
	for (size_t i = 0; i < t->example->out_count; i++) {
		const struct gt_pair_of *expected = &t->example->out[i];
		uintptr_t at = (uintptr_t)gt_map_get(&t->entity->by_name, expected->name);
		struct gt_str actual = at ? lexeme(t, at - 1) : GT_LIT("");
		if (!gt_str_eq(actual, expected->value))
			differs(t, GT_E_EXAMPLE_VALUE, expected->name, actual, expected->value);
	}
}

static bool listed(const struct gt_str *v, size_t n, struct gt_str word)
{
	for (size_t i = 0; i < n; i++)
		if (gt_str_eq(v[i], word))
			return true;
	return false;
}

/* Both lists are sets: each word of one must be in the other. */
static void compare_sets(struct trial *t, const struct gt_str *actual, size_t n,
	const struct gt_str *expected, size_t expected_n)
{
	for (size_t i = 0; i < n; i++)
		if (!listed(expected, expected_n, actual[i]))
			differs(t, GT_E_EXAMPLE_UNEXPECTED, actual[i], gt_str(NULL, 0),
				gt_str(NULL, 0));
	for (size_t i = 0; i < expected_n; i++)
		if (!listed(actual, n, expected[i]))
			differs(t, GT_E_EXAMPLE_MISSING, expected[i], gt_str(NULL, 0),
				gt_str(NULL, 0));
}

static void compare_flags(struct trial *t)
{
	const struct gt_entity *entity = t->entity;
	struct gt_str *words =
		gt_arena_alloc(&t->memory, (entity->n * GT_FLAG_COUNT + 32) * sizeof *words);
	size_t n = 0;

	for (size_t i = 0; i < entity->n; i++)
		for (size_t f = 0; f < GT_FLAG_COUNT; f++)
			if (gt_flags[f].published && (t->norm.flags[i] >> f & 1))
				words[n++] = gt_arena_printf(&t->memory, "%.*s.%s",
					GT_STR_ARGS(entity->elements[i].name), gt_flags[f].name);
	for (size_t i = 0; i < entity->rule_count; i++)
		if (t->norm.rule_flags >> i & 1)
			words[n++] = gt_arena_printf(
				&t->memory, "rule.%.*s", GT_STR_ARGS(entity->rules[i].name));
	compare_sets(t, words, n, t->example->flags, t->example->flag_count);
}

static void compare_reasons(struct trial *t)
{
	struct gt_str words[GT_REASONS_MAX];

	for (size_t i = 0; i < t->norm.reason_count; i++)
		words[i] = gt_arena_printf(&t->memory, "GT%d", (int)t->norm.reasons[i].code);
	compare_sets(t, words, t->norm.reason_count, t->example->reasons, t->example->reason_count);
}

static const struct gt_entity *entity_of(
	struct gt_standard *standard, const struct gt_example *example, unsigned *major)
{
	const char *at = memchr(example->entity.p, '@', example->entity.n);
	size_t n = at ? (size_t)(at - example->entity.p) : example->entity.n;

	*major = 0;
	for (size_t i = n + 1; i < example->entity.n; i++)
		*major = *major * 10 + (unsigned)(example->entity.p[i] - '0');
	return gt_standard_entity(
		standard, gt_str(example->entity.p, n), *major, example->division);
}

/* Every element from a field of its own name. */
static struct gt_plan *plan_of(struct trial *t, struct gt_standard *standard, unsigned major)
{
	static const struct gt_pseudonym_key key = {"p1", "the examples' key, known to all", true};
	struct gt_map_line *lines = gt_arena_zalloc(&t->memory, t->entity->n * sizeof *lines);
	struct gt_mapping mapping = {.v = lines,
		.n = t->entity->n,
		.entity = t->entity->name,
		.major = major,
		.division = t->example->division,
		.zone_minutes = 480};
	struct gt_diags diags = {0};

	for (size_t i = 0; i < t->entity->n; i++)
		lines[i].element = lines[i].from = t->entity->elements[i].name;
	struct gt_plan *plan = gt_plan_new(standard, &mapping, &key, &diags);
	for (size_t i = 0; i < diags.n; i++) {
		t->mismatch(t->arg, t->example, &diags.v[i].err);
		t->mismatches++;
	}
	gt_diags_fini(&diags);
	return plan;
}

static void fill(const struct trial *t, const struct gt_plan *plan, struct gt_value *values)
{
	size_t n;
	const struct gt_str *fields = gt_plan_fields(plan, &n);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < t->example->in_count; k++)
			if (gt_str_eq(fields[i], t->example->in[k].name) &&
				t->example->in[k].value.p)
				values[i] = gt_value_text(t->example->in[k].value);
}

static void run(struct trial *t, struct gt_standard *standard, struct gt_batch *batch)
{
	unsigned major;
	struct gt_plan *plan;
	size_t n;

	t->entity = entity_of(standard, t->example, &major);
	plan = t->entity ? plan_of(t, standard, major) : NULL;
	if (!t->entity)
		differs(t, GT_E_EXAMPLE_MISSING, t->example->entity, gt_str(NULL, 0),
			gt_str(NULL, 0));
	if (!plan)
		return;
	(void)gt_plan_fields(plan, &n);
	gt_batch_reset(batch, n, 1, GT_BATCH_RAW_MAX);
	struct gt_value *values = gt_batch_add(batch, GT_LIT("{}"), (struct gt_place){0, 1});
	GT_ASSERT(values != NULL);
	fill(t, plan, values);
	enum gt_ran ran = gt_plan_run(plan, batch, &batch->rows[0], NOW_US, &t->norm);
	GT_ASSERT(ran != GT_RAN_FULL);
	if ((ran == GT_RAN_FILTERED) != t->example->filtered)
		differs(t, ran == GT_RAN_FILTERED ? GT_E_EXAMPLE_UNEXPECTED : GT_E_EXAMPLE_MISSING,
			GT_LIT("filtered"), gt_str(NULL, 0), gt_str(NULL, 0));
	if (ran != GT_RAN_FILTERED) {
		compare_values(t);
		compare_flags(t);
		compare_reasons(t);
	}
	gt_plan_unref(plan);
}

size_t gt_examples_run(struct gt_standard *standard, gt_mismatch_fn *mismatch, void *arg)
{
	const struct gt_example *examples;
	size_t n = gt_standard_examples(standard, &examples), failed = 0;
	struct gt_batch *batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	struct trial t = {.mismatch = mismatch, .arg = arg};

	gt_arena_init(&t.memory, 0);
	gt_norm_init(&t.norm);
	for (size_t i = 0; i < n; i++) {
		t.example = &examples[i];
		t.mismatches = 0;
		run(&t, standard, batch);
		failed += t.mismatches > 0;
		gt_arena_reset(&t.memory, SIZE_MAX);
	}
	gt_norm_fini(&t.norm);
	gt_arena_fini(&t.memory);
	gt_batch_free(batch);
	return failed;
}
