#include "config_fixture.h"
#include "loading.h"

static struct gt_arena memory;
static struct gt_diags diags;

static struct gt_yaml *yaml(const char *name, const char *text)
{
	struct gt_yaml *root = gt_yaml_parse(name, gt_cstr(text), &memory, &diags);

	ck_assert_uint_eq(diags.n, 0);
	return root;
}

START_TEST(values_keep_the_place_they_come_from)
{
	static const char *const without[] = {"x", NULL};
	const struct gt_table tables[] = {{pump_options, NULL}};

	gt_arena_init(&memory, 0);
	struct gt_yaml *low =
		yaml("low", "url: a\nrows: 1\nlogin: {user: u, password: {env: A}}\n");
	struct gt_yaml *high = yaml("high", "x: 1\n\nurl: b\nlogin:\n  password: {file: B}\n");
	struct gt_yaml *both = gt_merge(&memory, tables, 1, low, high, without);
	const struct gt_yaml *login = gt_yaml_get(both, "login");

	ck_assert_uint_eq(both->n, 3);
	ck_str_is(gt_yaml_get(both, "url")->text, "b");
	ck_assert_str_eq(gt_yaml_get(both, "url")->pos.file, "high");
	ck_assert_uint_eq(gt_yaml_get(both, "url")->pos.line, 3);
	ck_assert_str_eq(gt_yaml_get(both, "rows")->pos.file, "low");
	ck_str_is(gt_yaml_get(login, "user")->text, "u");
	/* A secret is one thing: not {env: A, file: B}. */
	ck_assert_uint_eq(gt_yaml_get(login, "password")->n, 1);
	ck_str_is(gt_yaml_get(login, "password")->keys[0]->text, "file");
	/* What was merged is left as it was. */
	ck_assert_uint_eq(low->n, 3);
	ck_str_is(gt_yaml_get(low, "url")->text, "a");
	gt_arena_fini(&memory);
}
END_TEST

START_TEST(lines_of_map_are_replaced_one_by_one)
{
	gt_arena_init(&memory, 0);
	struct gt_yaml *both =
		gt_merge(&memory, NULL, 0, yaml("low", "map: {a: {from: A, unit: km}, b: B}\n"),
			yaml("high", "map: {a: X, c: C}\n"), NULL);
	const struct gt_yaml *map = gt_yaml_get(both, "map");

	ck_assert_uint_eq(map->n, 3);
	ck_str_is(gt_yaml_get(map, "a")->text, "X");
	ck_str_is(gt_yaml_get(map, "b")->text, "B");
	gt_arena_fini(&memory);
}
END_TEST

START_TEST(either_layer_may_be_missing)
{
	gt_arena_init(&memory, 0);
	ck_assert_uint_eq(gt_merge(&memory, NULL, 0, NULL, NULL, NULL)->n, 0);
	ck_assert_uint_eq(gt_merge(&memory, NULL, 0, yaml("low", "a: 1\n"), NULL, NULL)->n, 1);
	gt_arena_fini(&memory);
}
END_TEST

UNIT_MAIN("merge", UNIT_TEST(values_keep_the_place_they_come_from),
	UNIT_TEST(lines_of_map_are_replaced_one_by_one), UNIT_TEST(either_layer_may_be_missing))
