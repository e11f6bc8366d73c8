/* fixture.h: the test standard, a plan from YAML text, and rows of (field, value) run through it.
 */
#ifndef GT_NORMALISE_FIXTURE_H
#define GT_NORMALISE_FIXTURE_H

#include "gt_assert.h"
#include "json_write.h"
#include "plan.h"
#include "unit.h"

#include <stdio.h>

#define NOW_US INT64_C(1711499100000000) /* 2024-03-27T08:25:00+08:00 */

struct fixture {
	struct gt_standard *standard;
	struct gt_plan *plan;
	struct gt_diags diags;
	struct gt_arena memory;
	struct gt_batch *batch;
	struct gt_norm norm;
	const struct gt_row *row;
	char text[4096];
};

static inline struct gt_pseudonym_key test_key(void)
{
	struct gt_pseudonym_key key = {.id = "p1", .set = true};

	memset(key.key, 0x0b, sizeof key.key);
	return key;
}

static inline void fixture_standard(struct fixture *f)
{
	struct gt_str specs[] = {GT_LIT("lab@1"), GT_LIT("town@1"), GT_LIT("national@1")};
	const char *root = getenv("GT_SOURCE_ROOT");
	char path[1024], text[2048];

	memset(f, 0, sizeof *f);
	gt_arena_init(&f->memory, 0);
	snprintf(path, sizeof path, "%s/tests/unit/normalise/standard:%s/standards",
		root ? root : ".", root ? root : ".");
	f->standard = gt_standard_load(path, specs, 3, GT_LIT("jgsw"), &f->diags);
	if (!f->standard)
		ck_abort_msg("%s", gt_err_text(&f->diags.v[0].err, text, sizeof text));
	f->batch = gt_batch_new(GT_BATCH_ARENA_MAX);
	gt_norm_init(&f->norm);
}

/* The plan of a mapping; NULL when it has mistakes (f->diags). */
static inline struct gt_plan *fixture_plan(
	struct fixture *f, const char *entity, const char *map, const struct gt_pseudonym_key *key)
{
	struct gt_mapping mapping = {.entity = gt_cstr(entity),
		.major = 1,
		.zone_minutes = 480,
		.entity_pos = {"map.yaml", 1, 1}};
	struct gt_yaml *yaml = gt_yaml_parse("map.yaml", gt_cstr(map), &f->memory, &f->diags);

	gt_plan_unref(f->plan);
	f->plan = NULL;
	if (yaml && gt_mapping_read(yaml, &f->memory, &f->diags, &mapping))
		f->plan = gt_plan_new(f->standard, &mapping, key, &f->diags);
	return f->plan;
}

static inline void fixture_end(struct fixture *f)
{
	gt_plan_unref(f->plan);
	gt_norm_fini(&f->norm);
	gt_batch_free(f->batch);
	gt_standard_unref(f->standard);
	gt_diags_fini(&f->diags);
	gt_arena_fini(&f->memory);
}

/* One row: field names and texts in turn, NULL at the end. */
static inline enum gt_ran fixture_run_(
	struct fixture *f, struct gt_str raw, const char *const *pairs)
{
	size_t n;
	const struct gt_str *fields = gt_plan_fields(f->plan, &n);

	gt_batch_reset(f->batch, n, 1, GT_BATCH_RAW_MAX);
	struct gt_value *values = gt_batch_add(f->batch, raw, (struct gt_place){0, 1});
	for (; *pairs; pairs += 2)
		for (size_t i = 0; i < n; i++)
			if (gt_str_eq(fields[i], gt_cstr(pairs[0])))
				values[i] = gt_value_text(gt_cstr(pairs[1]));
	f->row = &f->batch->rows[0];
	return gt_plan_run(f->plan, f->batch, f->row, NOW_US, &f->norm);
}
#define fixture_run(f, ...)                                                                        \
	fixture_run_((f), GT_LIT("{raw}"), (const char *const[]){__VA_ARGS__, NULL})

static inline size_t fixture_index(struct fixture *f, const char *element)
{
	uintptr_t at = (uintptr_t)gt_map_get(&f->norm.entity->by_name, gt_cstr(element));

	ck_assert_msg(at != 0, "no element %s", element);
	return at - 1;
}

/* JSON of an element's open value; "null" where it has none. */
static inline const char *fixture_value(struct fixture *f, const char *element)
{
	const struct gt_value *value = &f->norm.values[fixture_index(f, element)];

	if (value->kind == GT_ABSENT)
		return "null";
	*gt_json_put_value(f->text, value) = '\0';
	return f->text;
}

static inline uint64_t fixture_flags(struct fixture *f, const char *element)
{
	return f->norm.flags[fixture_index(f, element)];
}

#endif
