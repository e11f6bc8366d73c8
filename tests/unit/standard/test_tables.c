#include "load.h"
#include "unit.h"

static const struct gt_option *const tables[] = {gt_package_table, gt_entity_table,
	gt_element_table, gt_narrow_table, gt_extend_entity_table, gt_list_table,
	gt_extend_list_table, gt_row_table, gt_units_table, gt_unit_table, gt_words_table,
	gt_rule_table, gt_example_table};

static void check_rows(const struct gt_option *table)
{
	for (const struct gt_option *row = table; row->name; row++) {
		ck_assert_msg(
			row->en && *row->en && row->zh && *row->zh, "%s lacks help", row->name);
		ck_assert_msg(
			(row->type == GT_OPT_CHOICE) == (row->choices != NULL), "%s", row->name);
		for (const struct gt_option *other = table; other < row; other++)
			ck_assert_str_ne(other->name, row->name);
		if (row->group)
			check_rows(row->group);
	}
}

START_TEST(every_row_is_explained_in_both_languages)
{
	check_rows(tables[_i]);
}
END_TEST

/* An overlay may repeat every key of an element, and must none. */
START_TEST(narrowing_has_the_keys_of_elements)
{
	for (const struct gt_option *row = gt_element_table; row->name; row++) {
		const struct gt_option *narrow =
			gt_option_find(gt_narrow_table, gt_cstr(row->name));
		ck_assert_ptr_nonnull(narrow);
		ck_assert_uint_eq(narrow->flags & GT_OPT_REQUIRED, 0);
		ck_assert_uint_eq(narrow->offset, row->offset);
	}
}
END_TEST

/* The words of the tables stand in the order of the enums that they are read into. */
START_TEST(words_follow_the_enums)
{
	ck_assert_str_eq(gt_type_name(GT_TYPE_TEXT), "text");
	ck_assert_str_eq(gt_type_name(GT_TYPE_DECIMAL), "decimal");
	ck_assert_str_eq(gt_type_name(GT_TYPE_BOOL), "bool");
	ck_assert_str_eq(gt_format_name(GT_FORMAT_NONE), "none");
	ck_assert_str_eq(gt_format_name(GT_FORMAT_ORGCODE), "orgcode");
	ck_assert_str_eq(gt_protection_name(GT_OPEN), "open");
	ck_assert_str_eq(gt_protection_name(GT_MASK), "mask");
}
END_TEST

UNIT_MAIN("tables",
	UNIT_LOOP(every_row_is_explained_in_both_languages, sizeof tables / sizeof *tables),
	UNIT_TEST(narrowing_has_the_keys_of_elements), UNIT_TEST(words_follow_the_enums))
