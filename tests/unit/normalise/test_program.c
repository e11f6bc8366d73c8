#include "fixture.h"

static struct fixture f;

#define THING "no: NO\nowner: OWNER\nphone: PHONE\n"
#define ROW "NO", "7", "OWNER", "张三", "PHONE", "13812345678"

/* One line over three cells, and what the element becomes; flags: a published name, or NULL. */
static const struct {
	const char *line, *a, *b, *element, *value;
	uint32_t flags;
} lines[] = {
	{"note: {expr: \"A + '/' + B\"}", "x", "y", "note", "\"x/y\"", 0},
	{"note: {expr: \"A + '/' + B\"}", "x", "", "note", "null", 0},
	{"note: {expr: \"A + '/' + B\", default: none at all}", "x", "", "note", "\"none at all\"",
		GT_FLAG_DEFAULTED},
	/* The result is read like a cell: units, codes, forms. */
	{"area: {expr: \"number(A) * number(B)\"}", "2.5", "4", "area", "10.00", 0},
	{"area: {expr: \"A + B\", unit: 亩}", "1", "5", "area", "10000.00", GT_FLAG_CONVERTED},
	{"area: {expr: \"unit(number(A), '亩')\"}", "3", "", "area", "2000.00", GT_FLAG_CONVERTED},
	{"area: {expr: \"divide(number(A), 3, 5)\"}", "1", "", "area", "0.33", GT_FLAG_ROUNDED},
	{"colour: {expr: \"part(A, '/', 2)\", codes: {r: red, g: green}}", "x/r", "", "colour",
		"\"red\"", GT_FLAG_CODE_MAPPED},
	{"people: {expr: \"if(has(A), round(number(A), 0), 1)\"}", "2.4", "", "people", "2", 0},
	{"people: {expr: \"if(has(A), round(number(A), 0), 1)\"}", "", "", "people", "1", 0},
	{"day: {expr: \"date(A) + 1\"}", "2024.2.29", "", "day", "\"2024-03-01\"",
		GT_FLAG_DATE_FORM},
	{"at: {expr: \"time(A + ' ' + B)\"}", "2024-03-27", "8:25", "at",
		"\"2024-03-27T08:25:00+08:00\"", 0},
	{"open: {expr: \"A == 'x' or number(B) > 3\"}", "y", "4", "open", "true", 0},
	{"plate: {expr: \"'鄂' + A\"}", "A·12345", "", "plate", "\"鄂A12345\"", GT_FLAG_SEPARATOR},
	/* What cannot be computed is null, and told. */
	{"area: {expr: number(A)}", "much", "", "area", "null", GT_FLAG_INVALID},
	{"area: {expr: number(A)}", "约3", "", "area", "3.00", GT_FLAG_APPROX},
	{"area: {expr: number(A)}", "-1", "", "area", "null", GT_FLAG_OUT_OF_RANGE},
	/* when: the line is not there */
	{"note: {from: A, when: \"B == '1'\"}", "x", "1", "note", "\"x\"", 0},
	{"note: {from: A, when: \"B == '1'\"}", "x", "2", "note", "null", 0},
	{"note: {from: A, when: \"B == '1'\"}", "x", "", "note", "null", 0},
	{"note: {from: A, when: number(B) > 1}", "x", "y", "note", "null", GT_FLAG_INVALID},
	{"note: {value: fixed, when: has(B)}", "", "y", "note", "\"fixed\"", 0},
	{"note: {value: fixed, when: has(B)}", "", "", "note", "null", 0},
	/* lookup */
	{"note: {from: A, lookup: {file: names.csv, key: 编码, value: 名称}}", "０1", "", "note",
		"\"一, 局\"", 0},
	{"note: {from: A, lookup: {file: names.csv, key: 编码, value: 名称}}", " 02", "", "note",
		"\"二\\\"局\"", 0},
	{"note: {from: A, lookup: {file: names.csv, key: 编码, value: 名称}}", "03", "", "note",
		"null", 0},
	{"note: {from: A, lookup: {file: names.csv, key: 编码, value: 名称}}", "", "", "note",
		"null", 0},
	{"note: {from: A, lookup: {file: names.csv, key: 编码, value: 名称}}", "99", "", "note",
		"null", GT_FLAG_UNKNOWN_CODE},
	{"note: {expr: \"A + B\", lookup: {file: gbk.csv, key: 编码, value: 名称}}", "0", "1",
		"note", "\"武昌区\"", 0},
};

static struct gt_plan *plan(const char *map)
{
	struct gt_pseudonym_key key = test_key();
	const char *root = getenv("GT_SOURCE_ROOT");
	char name[1024];
	struct gt_mapping mapping = {
		.entity = GT_LIT("lab.thing"), .major = 1, .zone_minutes = 480};

	snprintf(name, sizeof name, "%s/tests/unit/normalise/lookups/map.yaml", root ? root : ".");
	struct gt_yaml *yaml = gt_yaml_parse(
		gt_arena_copy(&f.memory, gt_cstr(name)).p, gt_cstr(map), &f.memory, &f.diags);
	gt_plan_unref(f.plan);
	f.plan = NULL;
	if (yaml && gt_mapping_read(yaml, &f.memory, &f.diags, &mapping))
		f.plan = gt_plan_new(f.standard, &mapping, &key, &f.diags);
	return f.plan;
}

START_TEST(a_line_computes)
{
	char map[1024];

	fixture_standard(&f);
	snprintf(map, sizeof map, THING "%s\n", lines[_i].line);
	ck_assert_ptr_nonnull(plan(map));
	ck_assert_int_eq(fixture_run(&f, ROW, "A", lines[_i].a, "B", lines[_i].b), GT_RAN_ACCEPTED);
	ck_assert_str_eq(fixture_value(&f, lines[_i].element), lines[_i].value);
	uint32_t quiet = GT_FLAG_TRIMMED | GT_FLAG_HALF_WIDTH;
	ck_assert_uint_eq(fixture_flags(&f, lines[_i].element) & ~quiet, lines[_i].flags);
	fixture_end(&f);
}
END_TEST

/* A required element, and what is told. */
START_TEST(a_required_element_rejects)
{
	char text[1024];

	fixture_standard(&f);
	ck_assert_ptr_nonnull(
		plan("no: {expr: \"text(number(A))\"}\nowner: OWNER\nphone: PHONE\n"));
	ck_assert_int_eq(fixture_run(&f, ROW, "A", "x"), GT_RAN_REJECTED);
	ck_assert_uint_eq(f.norm.reason_count, 1);
	ck_assert_int_eq(f.norm.reasons[0].code, GT_E_VALUE_EXPR);
	ck_assert_str_eq(gt_err_sentence_in(&f.norm.reasons[0].err, GT_EN, text, sizeof text),
		"no cannot be computed: “number” fails on these values");
	ck_assert_int_eq(fixture_run(&f, ROW, "A", ""), GT_RAN_REJECTED);
	ck_assert_int_eq(f.norm.reasons[0].code, GT_E_VALUE_MISSING);
	ck_assert_ptr_nonnull(plan(THING "note: {from: A, lookup: {file: names.csv, key: 编码, "
					 "value: 名称, missing: reject}}\n"));
	ck_assert_int_eq(fixture_run(&f, ROW, "A", "99"), GT_RAN_REJECTED);
	ck_assert_uint_eq(f.norm.reason_count, 1);
	ck_assert_str_eq(gt_err_sentence_in(&f.norm.reasons[0].err, GT_EN, text, sizeof text),
		"note: the key “99” is not in the table names.csv");
	ck_assert_int_eq(fixture_run(&f, ROW, "A", "01"), GT_RAN_ACCEPTED);
	fixture_end(&f);
}
END_TEST

START_TEST(a_full_arena_is_told)
{
	static char big[3000];

	fixture_standard(&f);
	memset(big, 'x', sizeof big - 1);
	ck_assert_ptr_nonnull(plan(THING "note: {expr: \"A + A\"}\n"));
	ck_assert_int_eq(fixture_run(&f, ROW, "A", big), GT_RAN_ACCEPTED);
	struct gt_batch *small = gt_batch_new(16384);
	size_t n;
	gt_plan_fields(f.plan, &n);
	gt_batch_reset(small, n, 1, GT_BATCH_RAW_MAX);
	struct gt_value *values = gt_batch_add(small, GT_LIT("{}"), (struct gt_place){0, 1});
	for (size_t i = 0; i < n; i++)
		values[i] = f.row->values[i];
	while (gt_arena_alloc(&small->arena, 1024))
		;
	ck_assert_int_eq(gt_plan_run(f.plan, small, &small->rows[0], NOW_US, &f.norm), GT_RAN_FULL);
	gt_batch_free(small);
	fixture_end(&f);
}
END_TEST

/* Elements that the standard computes: twice = 2 × ratio, four = 2 × twice; whole is required. */
START_TEST(the_standard_computes)
{
	struct gt_pseudonym_key key = test_key();

	fixture_standard(&f);
	if (!fixture_plan(&f, "lab.sum", "no: NO\nratio: R\n", &key))
		ck_abort();
	ck_assert_int_eq(fixture_run(&f, "NO", "1", "R", "1.5"), GT_RAN_ACCEPTED);
	ck_assert_str_eq(fixture_value(&f, "twice"), "3.0");
	ck_assert_str_eq(fixture_value(&f, "four"), "6.0");
	ck_assert_str_eq(fixture_value(&f, "whole"), "2");
	ck_assert_uint_eq(fixture_flags(&f, "four"), GT_FLAG_DERIVED);
	ck_assert_uint_eq(fixture_flags(&f, "ratio"), 0);
	ck_assert_uint_eq(f.norm.rule_flags, 0);
	/* Without its source, a required one is missing and an optional one is not there. */
	ck_assert_int_eq(fixture_run(&f, "NO", "1", "R", ""), GT_RAN_REJECTED);
	ck_assert_uint_eq(f.norm.reason_count, 1);
	ck_assert_int_eq(f.norm.reasons[0].code, GT_E_VALUE_MISSING);
	ck_assert_str_eq(fixture_value(&f, "twice"), "null");
	/* What the source says is kept, and the rule compares. */
	if (!fixture_plan(&f, "lab.sum", "no: NO\nratio: R\ntwice: T\nwhole: W\n", &key))
		ck_abort();
	ck_assert_int_eq(
		fixture_run(&f, "NO", "1", "R", "1.5", "T", "3.2", "W", "9"), GT_RAN_ACCEPTED);
	ck_assert_str_eq(fixture_value(&f, "twice"), "3.2");
	ck_assert_str_eq(fixture_value(&f, "four"), "6.4");
	ck_assert_str_eq(fixture_value(&f, "whole"), "9");
	ck_assert_uint_eq(fixture_flags(&f, "twice"), 0);
	ck_assert_uint_eq(f.norm.rule_flags, 1);
	/* A required one that the source leaves blank is computed too. */
	ck_assert_int_eq(fixture_run(&f, "NO", "1", "R", "1.5", "T", "", "W", ""), GT_RAN_ACCEPTED);
	ck_assert_str_eq(fixture_value(&f, "whole"), "2");
	/* A broken one is broken: no second reason, nothing computed over it. */
	ck_assert_int_eq(
		fixture_run(&f, "NO", "1", "R", "1.5", "T", "", "W", "x"), GT_RAN_REJECTED);
	ck_assert_uint_eq(f.norm.reason_count, 1);
	fixture_end(&f);
}
END_TEST

/* Mistakes at their places; the line is the fourth. */
static const struct {
	const char *line;
	enum gt_code code;
	unsigned column;
	const char *en;
} mistakes[] = {
	{"note: {from: A, expr: B}", GT_E_MAP_SOURCE, 1, "one of from:, value: and expr:"},
	{"note: {expr: \"A + 1\"}", GT_E_EXPR_TYPES, 17, "“+” does not go with"},
	{"note: {expr: number(A)}", GT_E_EXPR_RESULT, 14, "gives a number where a text is needed"},
	{"people: {expr: number(A)}", GT_E_EXPR_RESULT, 16, "where a whole number is needed"},
	{"area: {expr: \"unit(number(A), 'kg')\"}", GT_E_EXPR_UNITS, 15, "“area” puts kg and m²"},
	{"area: {expr: \"unit(number(A), '亩')\", unit: 亩}", GT_E_MAP_UNIT_TWICE, 44,
		"gives 亩 already"},
	{"odd: {expr: \"unit(number(A), 'odd2')\"}", GT_E_MAP_UNIT_RANGE, 14,
		"cannot be converted"},
	{"note: {from: A, when: B}", GT_E_EXPR_RESULT, 23, "where a condition is needed"},
	{"note: {expr: [a]}", GT_E_MAP_VALUE_FORM, 14, "wrong form"},
	{"note: {from: A, lookup: x}", GT_E_MAP_VALUE_FORM, 25, "wrong form"},
	{"note: {from: A, lookup: {file: a.csv, key: K}}", GT_E_MAP_VALUE_FORM, 25, "wrong form"},
	{"note: {from: A, lookup: {file: a.csv, key: K, value: V, missing: x}}",
		GT_E_MAP_VALUE_FORM, 25, "wrong form"},
	{"note: {from: A, lookup: {file: a.csv, key: K, value: V}}", GT_E_FILE_MISSING, 25,
		"a.csv"},
	{"note: {from: A, lookup: {file: names.csv, key: 编号, value: 名称}}", GT_E_LOOKUP_COLUMN,
		25, "has no column “编号”"},
	{"note: {from: A, lookup: {file: names.csv, key: 编码, value: X}}", GT_E_LOOKUP_COLUMN, 25,
		"has no column “X”"},
	{"note: {from: A, lookup: {file: twice.csv, key: K, value: V}}", GT_E_LOOKUP_TWICE, 25,
		"has the key “1” twice, the second time in row 4"},
	{"note: {from: A, lookup: {file: long.csv, key: K, value: V}}", GT_E_LOOKUP_LARGE, 25,
		"too large"},
	{"note: {from: A, lookup: {file: bytes.csv, key: K, value: V}}", GT_E_LOOKUP_CHARSET, 25,
		"neither UTF-8 nor GB18030"},
};

START_TEST(mistakes_are_said_where_they_stand)
{
	char map[1024], text[2048];

	fixture_standard(&f);
	snprintf(map, sizeof map, THING "%s\n", mistakes[_i].line);
	ck_assert_ptr_null(plan(map));
	ck_assert_uint_eq(f.diags.n, 1);
	gt_err_text_in(&f.diags.v[0].err, GT_EN, text, sizeof text);
	ck_assert_msg(f.diags.v[0].err.code == mistakes[_i].code, "%s", text);
	ck_assert_msg(strstr(text, mistakes[_i].en) != NULL, "%s", text);
	ck_assert_uint_eq(f.diags.v[0].pos.line, 4);
	ck_assert_uint_eq(f.diags.v[0].pos.column, mistakes[_i].column);
	fixture_end(&f);
}
END_TEST

/* Two mappings that differ only in what they compute are two plans; a table's content counts. */
START_TEST(the_digest_covers_what_is_computed)
{
	static const char *const maps[] = {THING "note: {expr: A}\n", THING "note: {expr: B}\n",
		THING "note: {expr: A, when: has(B)}\n",
		THING "note: {from: A, lookup: {file: names.csv, key: 编码, value: 名称}}\n",
		THING "note: {from: A, lookup: {file: gbk.csv, key: 编码, value: 名称}}\n"};
	char digests[5][65];

	fixture_standard(&f);
	for (size_t i = 0; i < 5; i++) {
		ck_assert_ptr_nonnull(plan(maps[i]));
		snprintf(digests[i], 65, "%s", gt_plan_digest(f.plan).p);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(digests[i], digests[k]);
	}
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("program", UNIT_LOOP(a_line_computes, sizeof lines / sizeof *lines),
	UNIT_TEST(a_required_element_rejects), UNIT_TEST(a_full_arena_is_told),
	UNIT_TEST(the_standard_computes),
	UNIT_LOOP(mistakes_are_said_where_they_stand, sizeof mistakes / sizeof *mistakes),
	UNIT_TEST(the_digest_covers_what_is_computed))
