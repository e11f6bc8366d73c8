#include "diag.h"
#include "unit.h"

START_TEST(sorted_by_place_and_merged)
{
	struct gt_diags diags = {0};
	struct gt_pos b2 = {"b.yaml", 2, 1}, a9 = {"a.yaml", 9, 5}, a9c3 = {"a.yaml", 9, 3},
		      none = {0};

	gt_diags_add(&diags, none, GT_E_FILE_MISSING, "nowhere");
	gt_diags_add(&diags, b2, GT_E_FILE_MISSING, "x");
	gt_diags_add(&diags, a9, GT_E_OPTION_UNKNOWN, "second");
	gt_diags_add(&diags, a9, GT_E_OPTION_UNKNOWN, "first");
	gt_diags_add(&diags, a9c3, GT_E_OPTION_UNKNOWN, "z");
	gt_diags_add(&diags, b2, GT_E_FILE_MISSING, "x");
	gt_diags_add(&diags, b2, GT_E_FILE_MISSING, "y");
	gt_diags_sort(&diags);
	ck_assert_uint_eq(diags.n, 6);
	static const char *const expected[] = {"z", "first", "second", "x", "y", "nowhere"};
	for (size_t i = 0; i < diags.n; i++)
		ck_assert_str_eq(gt_err_arg(&diags.v[i].err, 1), expected[i]);
	gt_diags_fini(&diags);
	gt_diags_sort(&diags);
	ck_assert_uint_eq(diags.n, 0);
}
END_TEST

START_TEST(later_ones_are_counted)
{
	struct gt_diags diags = {0};

	for (unsigned i = 0; i < GT_DIAGS_MAX + 7; i++) {
		struct gt_pos pos = {"a", i, 1};

		gt_diags_add(&diags, pos, GT_E_FILE_MISSING, "x");
	}
	ck_assert_uint_eq(diags.n, GT_DIAGS_MAX);
	ck_assert_uint_eq(diags.dropped, 7);
	gt_diags_fini(&diags);
}
END_TEST

START_TEST(the_nearest_name)
{
	static const char *const names[] = {
		"zone", "distance", "depart_time", "sedan", "suv", "派车单编号", "车牌号码", "id"};
	static const struct {
		const char *word, *nearest;
	} rows[] = {
		{"zome", "zone"},
		{"distence", "distance"},
		{"distnace", "distance"}, /* neighbours exchanged = one step */
		{"depart-time", "depart_time"},
		{"departtime", "depart_time"},
		{"sudan", "sedan"},
		{"派车单号", "派车单编号"},
		{"车牌号妈", "车牌号码"},
		{"派单", NULL},
		{"zzzz", NULL},
		{"", NULL},
		{"ix", NULL},      /* too short to guess */
		{"distent", NULL}, /* three steps */
		{"\xff\xfe\xfd", NULL},
		{"zone", "zone"},
	};
	char huge[1000];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *found = gt_nearest(gt_cstr(rows[i].word), names, 8);

		ck_assert_msg(
			rows[i].nearest ? found && strcmp(found, rows[i].nearest) == 0 : !found,
			"%s: %s", rows[i].word, found ? found : "none");
	}
	memset(huge, 'z', sizeof huge);
	ck_assert_ptr_null(gt_nearest(gt_str(huge, sizeof huge), names, 8));
	ck_assert_ptr_null(gt_nearest(GT_LIT("zone"), names, 0));
}
END_TEST

UNIT_MAIN("diag", UNIT_TEST(sorted_by_place_and_merged), UNIT_TEST(later_ones_are_counted),
	UNIT_TEST(the_nearest_name))
