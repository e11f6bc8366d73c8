#include "json_read.h"

#include "catalogue.h"

#include "unit.h"

START_TEST(loads_a_control_document)
{
	struct gt_err err;
	json_t *root = gt_json_load(GT_LIT("{\"a\":\"车\",\"n\":-7,\"f\":1.5}"), &err);
	ck_assert_ptr_nonnull(root);
	ck_str_is(gt_json_member(root, "a"), "车");
	ck_assert_ptr_null(gt_json_member(root, "n").p);
	ck_assert_ptr_null(gt_json_member(root, "none").p);
	ck_assert_int_eq(gt_json_int(root, "n", 1), -7);
	ck_assert_int_eq(gt_json_int(root, "f", 1), 1);
	ck_assert_int_eq(gt_json_int(NULL, "n", 3), 3);
	json_decref(root);
}
END_TEST

START_TEST(refuses_a_bad_one)
{
	static const char *const bad[] = {
		"", "{", "{\"a\":1,\"a\":2}", "{\"a\":\"\xFF\"}", "[1] x"};
	struct gt_err err;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert_ptr_null(gt_json_load(gt_cstr(bad[i]), &err));
		ck_assert_int_eq(err.code, GT_E_JSON_CONTROL);
		ck_assert_int_eq(err.class, GT_DATA);
		ck_assert_str_ne(gt_err_arg(&err, 2), "");
	}
}
END_TEST

UNIT_MAIN("json_read", UNIT_TEST(loads_a_control_document), UNIT_TEST(refuses_a_bad_one))
