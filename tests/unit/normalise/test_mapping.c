#include "fixture.h"

static struct fixture f;

#define THING "no: NO\nowner: OWNER\nphone: PHONE\n"

/* Every mistake, where it stands, and what is said. */
static const struct mistake {
	const char *entity, *map;
	enum gt_code code;
	unsigned line, column;
	const char *en;
} mistakes[] = {
	{"lab.thing", "[a]\n", GT_E_MAP_FORM, 1, 1, "map: needs lines “element: FIELD”"},
	{"lab.thing", "no:\n", GT_E_MAP_LINE_FORM, 1, 4,
		"“no” needs a field name, or {from: FIELD, …}"},
	{"lab.thing", "no: [a]\n", GT_E_MAP_LINE_FORM, 1, 5,
		"“no” needs a field name, or {from: FIELD, …}"},
	{"lab.thing", "no: {from: A, regex: x}\n", GT_E_MAP_OPTION, 1, 15,
		"a line of map: has no option “regex”"},
	{"lab.thing", "no: {from: A, defalt: x}\n", GT_E_MAP_OPTION_NEAR, 1, 15,
		"a line of map: has no option “defalt”; did you mean “default”?"},
	{"lab.thing", THING "enrgy: X\n", GT_E_MAP_ELEMENT_NEAR, 4, 1,
		"entity lab.thing@1 has no element “enrgy”; did you mean “energy”?"},
	{"lab.thing", THING "zzzzzz: X\n", GT_E_MAP_ELEMENT, 4, 1,
		"entity lab.thing@1 has no element “zzzzzz”"},
	{"lab.thing", "no: {unit: kg}\n", GT_E_MAP_SOURCE, 1, 1,
		"“no” needs one of from:, value: and expr:"},
	{"lab.thing", "no: {from: A, value: B}\n", GT_E_MAP_SOURCE, 1, 1,
		"“no” needs one of from:, value: and expr:"},
	{"lab.thing", "no: NO\nowner: OWNER\n", GT_E_MAP_REQUIRED, 1, 1,
		"the required element “phone” of lab.thing@1 is not mapped"},
	{"lab.thing", "no: {from: [a]}\n", GT_E_MAP_VALUE_FORM, 1, 12, "“from” has the wrong form"},
	{"lab.thing", "at: {from: A, zone: east}\n", GT_E_MAP_VALUE_FORM, 1, 21,
		"“zone” has the wrong form"},
	{"lab.thing", "at: {from: A, null: {a: b}}\n", GT_E_MAP_VALUE_FORM, 1, 21,
		"“null” has the wrong form"},
	{"lab.thing", "at: {from: A, null: [[b]]}\n", GT_E_MAP_VALUE_FORM, 1, 22,
		"“null” has the wrong form"},
	{"lab.thing", "at: {from: A, codes: x}\n", GT_E_MAP_VALUE_FORM, 1, 22,
		"“codes” has the wrong form"},
	{"lab.thing", "at: {from: A, codes: {x: [y]}}\n", GT_E_MAP_VALUE_FORM, 1, 26,
		"“codes” has the wrong form"},
	{"lab.thing", THING "remark: {from: A, unit: kg}\n", GT_E_MAP_TYPE, 4, 25,
		"“remark” does not take unit: it is of type text"},
	{"lab.thing", THING "ratio: {from: A, unit: kg}\n", GT_E_MAP_TYPE, 4, 24,
		"“ratio” does not take unit: it is of type decimal"},
	{"lab.thing", THING "area: {from: A, codes: {a: b}}\n", GT_E_MAP_TYPE, 4, 24,
		"“area” does not take codes: it is of type decimal"},
	{"lab.thing", THING "area: {from: A, zone: Z}\n", GT_E_MAP_TYPE, 4, 23,
		"“area” does not take zone: it is of type decimal"},
	{"lab.thing", THING "area: {from: A, unit: furlong}\n", GT_E_MAP_UNIT, 4, 23,
		"the standard has no unit “furlong”"},
	{"lab.thing", THING "area: {from: A, unit: kg}\n", GT_E_MAP_UNIT_QUANTITY, 4, 23,
		"unit “kg” measures mass, but “area” is area"},
	{"lab.thing", THING "area: {value: much}\n", GT_E_MAP_CONSTANT, 4, 15,
		"“much” is no valid value for “area”: area: “much” is not a number"},
	{"lab.thing", THING "area: {from: A, default: 无}\n", GT_E_MAP_CONSTANT, 4, 26,
		"“无” is no valid value for “area”: area is required and empty"},
	{"lab.thing", THING "colour: {from: A, codes: {\"1\": rde}}\n", GT_E_MAP_CODE, 4, 32,
		"the code list colour has no “rde”"},
	{"lab.thing", THING "open: {from: A, codes: {\"1\": yes}}\n", GT_E_MAP_CODE, 4, 30,
		"the code list open has no “yes”"},
	{"lab.thing", THING "colour: {from: A, codes: {\"1\": red, \"１\": green}}\n",
		GT_E_MAP_CODE_TWICE, 4, 42, "the local code “１” is mapped twice"},
	{"lab.thing", THING "odd: {from: A, unit: odd2}\n", GT_E_MAP_UNIT_RANGE, 4, 22,
		"unit “odd2” cannot be converted exactly to “odd1”"},
	{"lab.thin", THING, GT_E_MAP_ENTITY_NEAR, 1, 1,
		"the standard has no entity “lab.thin@1”; did you mean “lab.thing@1”?"},
	{"nothing.at-all", THING, GT_E_MAP_ENTITY, 1, 1,
		"the standard has no entity “nothing.at-all@1”"},
};

START_TEST(mistakes_are_said_where_they_stand)
{
	const struct mistake *m = &mistakes[_i];
	struct gt_pseudonym_key key = test_key();
	char sentence[2048];

	fixture_standard(&f);
	ck_assert_msg(fixture_plan(&f, m->entity, m->map, &key) == NULL, "%s", m->map);
	ck_assert_msg(f.diags.n == 1, "%s: %zu mistakes", m->map, f.diags.n);
	const struct gt_diag *diag = &f.diags.v[0];
	gt_err_sentence_in(&diag->err, GT_EN, sentence, sizeof sentence);
	ck_assert_str_eq(sentence, m->en);
	ck_assert_int_eq(diag->err.code, m->code);
	ck_assert_str_eq(diag->pos.file, "map.yaml");
	ck_assert_msg(diag->pos.line == m->line && diag->pos.column == m->column, "%s: %u:%u",
		m->map, diag->pos.line, diag->pos.column);
	fixture_end(&f);
}
END_TEST

START_TEST(all_mistakes_come_at_once)
{
	fixture_standard(&f);
	ck_assert(fixture_plan(&f, "lab.thing",
			  "no: NO\nnn: A\narea: {from: B, unit: kg}\n"
			  "colour: {from: C, codes: {a: b, c: d}}\n",
			  NULL) == NULL);
	/* nn, owner and phone not mapped, the unit, two codes. */
	ck_assert_uint_eq(f.diags.n, 6);
	fixture_end(&f);
}
END_TEST

START_TEST(marked_elements_need_a_key)
{
	struct gt_pseudonym_key unset = {.id = "p1"};

	fixture_standard(&f);
	ck_assert(fixture_plan(&f, "lab.thing", THING, NULL) == NULL);
	ck_assert_uint_eq(f.diags.n, 2);
	ck_assert_int_eq(f.diags.v[0].err.code, GT_E_MAP_KEY);
	ck_assert(fixture_plan(&f, "lab.thing", THING, &unset) == NULL);
	ck_assert_uint_eq(f.diags.n, 4);
	fixture_end(&f);
}
END_TEST

START_TEST(not_from_yaml)
{
	struct gt_map_line lines[GT_FIELDS_MAX] = {0};
	struct gt_mapping mapping = {.v = lines,
		.n = GT_FIELDS_MAX,
		.entity = GT_LIT("lab.thing"),
		.major = 1,
		.division = GT_LIT("武汉")};

	fixture_standard(&f);
	ck_assert(gt_plan_new(f.standard, &mapping, NULL, &f.diags) == NULL);
	ck_assert_int_eq(f.diags.v[0].err.code, GT_E_MAP_FIELDS);
	for (size_t i = 0; i < 2; i++)
		lines[i].element = lines[i].from = GT_LIT("day");
	mapping.n = 2;
	ck_assert(gt_plan_new(f.standard, &mapping, NULL, &f.diags) == NULL);
	ck_assert_int_eq(f.diags.v[1].err.code, GT_E_MAP_DIVISION);
	ck_assert_int_eq(f.diags.v[2].err.code, GT_E_MAP_ELEMENT_TWICE);
	fixture_end(&f);
}
END_TEST

START_TEST(lines_are_read_whole)
{
	struct gt_mapping mapping = {.major = 7};
	struct gt_yaml *yaml;

	fixture_standard(&f);
	yaml = gt_yaml_parse("m",
		GT_LIT("a: X\nb: {from: p.q, unit: km, null: [无, \"\"], codes: {\"01\": u},\n"
		       "    default: \"0\", zone: +05:30}\nc: {value: v, null: 未归}\n"),
		&f.memory, &f.diags);
	ck_assert(gt_mapping_read(yaml, &f.memory, &f.diags, &mapping));
	ck_assert_uint_eq(mapping.n, 3);
	ck_assert_uint_eq(mapping.major, 7);
	const struct gt_map_line *a = &mapping.v[0], *b = &mapping.v[1], *c = &mapping.v[2];
	ck_str_is(a->element, "a");
	ck_str_is(a->from, "X");
	ck_assert(a->value.p == NULL && !a->has_zone);
	ck_str_is(b->from, "p.q");
	ck_str_is(b->unit, "km");
	ck_assert_uint_eq(b->null_count, 2);
	ck_str_is(b->nulls[1], "");
	ck_str_is(b->code_from[0], "01");
	ck_str_is(b->code_to[0], "u");
	ck_str_is(b->otherwise, "0");
	ck_assert(b->has_zone);
	ck_assert_int_eq(b->zone_minutes, 330);
	ck_str_is(c->value, "v");
	ck_str_is(c->nulls[0], "未归");
	ck_assert(c->from.p == NULL);
	fixture_end(&f);
}
END_TEST

START_TEST(plans_tell_their_fields_and_digest)
{
	struct gt_pseudonym_key key = test_key();
	char first[65];
	size_t n;

	fixture_standard(&f);
	struct gt_plan *plan =
		fixture_plan(&f, "lab.thing", THING "area: NO\ncolour: {value: red}\n", &key);
	ck_assert(plan != NULL);
	const struct gt_str *fields = gt_plan_fields(plan, &n);
	ck_assert_uint_eq(n, 3);
	ck_str_is(fields[0], "NO");
	ck_str_is(gt_plan_entity(plan)->name, "lab.thing");
	const struct gt_map *names = &gt_plan_entity(plan)->by_name;
	ck_assert_uint_eq(
		gt_plan_source_of(plan, (uintptr_t)gt_map_get(names, GT_LIT("area")) - 1), 0);
	ck_assert_uint_eq(
		gt_plan_source_of(plan, (uintptr_t)gt_map_get(names, GT_LIT("colour")) - 1),
		SIZE_MAX);
	ck_assert_uint_eq(
		gt_plan_source_of(plan, (uintptr_t)gt_map_get(names, GT_LIT("energy")) - 1),
		SIZE_MAX);
	ck_assert_uint_eq(gt_plan_digest(plan).n, 64);
	memcpy(first, gt_plan_digest(plan).p, 65);
	ck_assert(fixture_plan(&f, "lab.thing", THING "area: NO\ncolour: {value: red}\n", &key) !=
		  NULL);
	ck_str_is(gt_plan_digest(f.plan), first);
	ck_assert(fixture_plan(&f, "lab.thing", THING "area: NO\ncolour: {value: green}\n", &key) !=
		  NULL);
	ck_assert(!gt_str_eq(gt_plan_digest(f.plan), gt_cstr(first)));
	fixture_end(&f);
}
END_TEST

START_TEST(an_overlays_element_may_be_mapped)
{
	struct gt_pseudonym_key key = test_key();

	fixture_standard(&f);
	ck_assert(fixture_plan(&f, "lab.thing",
			  THING "bay: B\ncolour: {from: C, codes: {x: blue}}\n", &key) != NULL);
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("mapping",
	UNIT_LOOP(mistakes_are_said_where_they_stand, sizeof mistakes / sizeof *mistakes),
	UNIT_TEST(all_mistakes_come_at_once), UNIT_TEST(marked_elements_need_a_key),
	UNIT_TEST(not_from_yaml), UNIT_TEST(lines_are_read_whole),
	UNIT_TEST(plans_tell_their_fields_and_digest), UNIT_TEST(an_overlays_element_may_be_mapped))
