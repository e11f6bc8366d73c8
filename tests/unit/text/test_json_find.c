#include <guantong/json.h>

#include "catalogue.h"

#include "unit.h"

START_TEST(finds_lexemes)
{
	static const struct gt_str paths[] = {{"code", 4}, {"data.total", 10}, {"msg", 3},
		{"data", 4}, {"data.rows", 9}, {"no.way", 6}};
	static const char doc[] =
		"\xEF\xBB\xBF { \"msg\":\"\\u64cd作\", \"data\":{\"total\" : 1873,\"rows\":"
		"[{\"total\":1}]} , \"code\":200, \"no\":[{\"way\":1}] } ";
	static const char *const expected[] = {"200", "1873", "\"\\u64cd作\"",
		"{\"total\" : 1873,\"rows\":[{\"total\":1}]}", "[{\"total\":1}]", NULL};
	struct gt_str found[6];
	struct gt_err err;
	ck_assert(gt_json_find(gt_cstr(doc), paths, 6, found, &err));
	for (size_t i = 0; i < 6; i++) {
		if (expected[i])
			ck_str_is(found[i], expected[i]);
		else
			ck_assert_ptr_null(found[i].p);
	}
}
END_TEST

START_TEST(refuses_what_is_not_json)
{
	static const struct {
		const char *doc;
		enum gt_code code;
		const char *arg;
	} cases[] = {
		{"", GT_E_JSON_CUT_OFF, "0"},
		{"<html>", GT_E_JSON_UNEXPECTED, "0"},
		{"{\"code\":200", GT_E_JSON_CUT_OFF, "11"},
		{"{\"code\":200}}", GT_E_JSON_TRAILING, "12"},
		{"{\"code\":020}", GT_E_JSON_UNEXPECTED, "9"},
		{"{\"code\":1.}", GT_E_JSON_UNEXPECTED, "10"},
		{"{\"code\":1e}", GT_E_JSON_UNEXPECTED, "10"},
		{"{\"code\":-}", GT_E_JSON_UNEXPECTED, "9"},
		{"{\"code\":tru}", GT_E_JSON_UNEXPECTED, "8"},
		{"{\"code\":[1,]}", GT_E_JSON_UNEXPECTED, "11"},
		{"{\"code\":[1}}", GT_E_JSON_UNEXPECTED, "10"},
		{"{\"x\":{\"y\":1,}}", GT_E_JSON_UNEXPECTED, "12"},
		{"{\"x\":\"\\ud800\"}", GT_E_JSON_UNEXPECTED, "6"},
		{"{\"x\":\"\\ud800\\u0041\"}", GT_E_JSON_UNEXPECTED, "6"},
		{"{\"x\":\"\\u12g4\"}", GT_E_JSON_UNEXPECTED, "6"},
		{"{\"x\":\"a\tb\"}", GT_E_JSON_UNEXPECTED, "7"},
		{"{\"x\":\"\xFF\"}", GT_E_JSON_UNEXPECTED, "6"},
		{"{\"code\":1,\"code\":2}", GT_E_JSON_TWICE, "code"},
		{"{\"code\" 1}", GT_E_JSON_UNEXPECTED, "8"},
	};
	static const struct gt_str path = {"code", 4};
	struct gt_str found = {0};
	struct gt_err err;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ck_assert_msg(!gt_json_find(gt_cstr(cases[i].doc), &path, 1, &found, &err), "%s",
			cases[i].doc);
		ck_assert_msg(err.code == cases[i].code, "%s: GT%d", cases[i].doc, err.code);
		ck_assert_msg(strcmp(gt_err_arg(&err, 1), cases[i].arg) == 0, "%s: %s",
			cases[i].doc, gt_err_arg(&err, 1));
	}
	ck_assert_ptr_null(found.p);
}
END_TEST

START_TEST(limits_depth)
{
	static char doc[20001];
	static const struct gt_str path = {"a", 1};
	struct gt_str found;
	struct gt_err err;
	memset(doc, '[', 10000);
	memset(doc + 10000, ']', 10000);
	ck_assert(!gt_json_find(gt_str(doc, 20000), &path, 1, &found, &err));
	ck_assert_int_eq(err.code, GT_E_JSON_DEPTH);
	size_t deepest = 2 * GT_JSON_DEPTH_MAX;
	ck_assert(gt_json_find(
		gt_str(doc + 10000 - GT_JSON_DEPTH_MAX, deepest), &path, 1, &found, &err));
}
END_TEST

START_TEST(gives_the_text_of_scalars)
{
	static const struct {
		const char *lexeme, *text;
		size_t size;
	} cases[] = {
		{"200", "200", 16},
		{"true", "true", 16},
		{"\"\"", "", 16},
		{"\"a\\n\\u8f66\\ud842\\udfb7\\/\"", "a\n车𠮷/", 32},
		{"\"车车车\"", "车车", 8},
		{"\"a\\u8f66\"", "a", 3},
		{"123456", "1234", 4},
	};
	char buf[32];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_str_is(gt_json_scalar(gt_cstr(cases[i].lexeme), buf, cases[i].size),
			cases[i].text);
	ck_assert_ptr_null(gt_json_scalar(GT_LIT("null"), buf, sizeof buf).p);
	ck_assert_ptr_null(gt_json_scalar((struct gt_str){0}, buf, sizeof buf).p);
}
END_TEST

UNIT_MAIN("json_find", UNIT_TEST(finds_lexemes), UNIT_TEST(refuses_what_is_not_json),
	UNIT_TEST(limits_depth), UNIT_TEST(gives_the_text_of_scalars))
