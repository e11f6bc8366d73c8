#include "buf.h"
#include "options_fixture.h"
#include "unit.h"
#include <jansson.h>

START_TEST(markdown)
{
	struct gt_buf out;

	gt_buf_init(&out, 1 << 16);
	gt_options_markdown(all_table, GT_EN, &out);
	const char *text = gt_buf_cstr(&out);
	ck_assert_int_eq(strncmp(text, "| option | type | default | meaning |\n| --- |", 45), 0);
	ck_assert_ptr_nonnull(strstr(text, "\n| `text` | text | `a b` | any \\| text |\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n| `count` | whole number (rows) | `7` |  |\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "\n| `colour` | one of `red`, `green`, `bluish` | `green` |"));
	ck_assert_ptr_nonnull(strstr(text, "\n| `login.user` | text, required |  | user name |\n"));
	gt_buf_clear(&out);
	gt_options_markdown(all_table, GT_ZH, &out);
	ck_assert_ptr_nonnull(
		strstr(gt_buf_cstr(&out), "\n| `login.user` | 文本，必填 |  | 用户名 |\n"));
	gt_buf_fini(&out);
}
END_TEST

/* The string, number or array at a path of members. */
static json_t *at(json_t *value, const char *a, const char *b)
{
	value = json_object_get(value, a);
	ck_assert_msg(value != NULL, "no %s", a);
	value = json_object_get(value, b);
	ck_assert_msg(value != NULL, "no %s in %s", b, a);
	return value;
}

START_TEST(schema)
{
	struct gt_buf out;
	json_error_t error;

	gt_buf_init(&out, 1 << 16);
	gt_options_schema(all_table, &out);
	json_t *root = json_loadb(out.p, out.n, JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(root != NULL, "%s: %s", error.text, gt_buf_cstr(&out));
	ck_assert_uint_eq(json_object_size(root), sizeof all_table / sizeof *all_table - 1);
	ck_assert_str_eq(json_string_value(at(root, "text", "default")), "a b");
	ck_assert_str_eq(json_string_value(at(root, "text", "description")), "文本\nany | text");
	ck_assert_int_eq(json_integer_value(at(root, "bounded", "maxLength")), 6);
	ck_assert_int_eq(json_integer_value(at(root, "count", "maximum")), 100);
	ck_assert_int_eq(json_integer_value(at(root, "count", "default")), 7);
	ck_assert(json_is_true(at(root, "flag", "default")));
	ck_assert_int_eq(json_integer_value(at(root, "least", "minimum")), 5);
	ck_assert_ptr_null(json_object_get(json_object_get(root, "least"), "maximum"));
	ck_assert_uint_eq(json_array_size(at(root, "colour", "enum")), 3);
	ck_assert(json_is_false(at(root, "login", "additionalProperties")));
	ck_assert_str_eq(
		json_string_value(json_array_get(at(root, "login", "required"), 0)), "user");
	ck_assert_str_eq(
		json_string_value(at(at(root, "login", "properties"), "user", "description")),
		"用户名\nuser name");
	json_decref(root);
	gt_buf_clear(&out);
	gt_options_required(all_table, &out);
	ck_str_is(gt_buf_str(&out), "[\"folder\"]");
	gt_buf_fini(&out);
}
END_TEST

UNIT_MAIN("options_doc", UNIT_TEST(markdown), UNIT_TEST(schema))
