#include "standard_fixture.h"

#define DAY 19800 /* 2024-03-18 */

static struct fixture fixture;

static void setup(void)
{
	fixture_start(&fixture);
	fixture_base(&fixture);
	fixture_put(&fixture, "base/division.yaml",
		"divisions: some\ntitle: {en: Divisions, zh: 区划}\ntables: [a.csv]\n"
		"suffixes: [省, 市, 区, 县, 自治州]\npeoples: [土家族, 苗族]\n");
	fixture_put(&fixture, "base/a.csv",
		"code,name,kind,from,to,successors,boundary\n"
		"330000,浙江省,province\n330100,杭州市,city\n330110,余杭区,county,,,,2021-04-09\n"
		"330103,下城区,county,,2021-04-08,330110\n"
		"320000,江苏省,province\n320100,南京市,city\n320106,鼓楼区,county\n"
		"320171,鼓楼区,stat-zone\n"
		"350000,福建省,province\n350100,福州市,city\n350102,鼓楼区,county\n"
		"430000,湖南省,province\n430100,长沙市,city\n430121,长沙县,county\n"
		"420000,湖北省,province\n422800,恩施土家族苗族自治州,city\n422801,恩施市,county\n"
		"110000,北京市,province\n110100,市辖区,summary\n110105,朝阳区,county\n"
		"220000,吉林省,province\n220200,吉林市,city\n"
		"350403,三元区,county,,2021-01-31,350404\n350404,三元区,county,2021-02-01\n"
		"640400,固原市,city\n640402,原州区,county\n");
	ck_assert_ptr_nonnull(fixture_load(&fixture, "base@1", NULL));
}

static void teardown(void)
{
	fixture_end(&fixture);
}

static const struct {
	const char *text;
	enum gt_placed placed;
	const char *code;
	bool former;
} rows[] = {
	{"浙江省杭州市余杭区", GT_PLACED, "330110", false},
	{"浙江杭州余杭", GT_PLACED, "330110", false},
	{"浙江余杭", GT_PLACED, "330110", false},
	{"浙江-杭州-余杭", GT_PLACED, "330110", false},
	{"浙江杭州余杭(原)", GT_PLACED, "330110", true},
	{"原余杭区", GT_PLACED, "330110", true},
	{"原州区", GT_PLACED, "640402", false},
	{"浙江省", GT_PLACED, "330000", false},
	{"鼓楼区", GT_PLACED_AMBIGUOUS, NULL, false},
	{"江苏鼓楼", GT_PLACED, "320106", false}, /* not the statistical zone */
	{"福州市鼓楼区东街1号", GT_PLACED, "350102", false},
	{"江苏福州", GT_PLACED_NOT, NULL, false}, /* it does not lie there */
	{"长沙", GT_PLACED, "430100", false},
	{"长沙县", GT_PLACED, "430121", false},
	{"恩施", GT_PLACED, "422800", false},
	{"恩施市", GT_PLACED, "422801", false},
	{"恩施土家族苗族自治州", GT_PLACED, "422800", false},
	{"北京市朝阳区", GT_PLACED, "110105", false},
	{"北京北京朝阳", GT_PLACED, "110105", false},
	{"吉林吉林", GT_PLACED, "220200", false},
	{"吉林省吉林市", GT_PLACED, "220200", false},
	{"三元区", GT_PLACED, "350404", false}, /* the one of that day */
	{"下城区", GT_PLACED, "330103", false}, /* retired: kept, judged by the caller */
	{"北京路1号", GT_PLACED_NOT, NULL, false},
	{"市辖区", GT_PLACED_NOT, NULL, false},
	{"某某公司", GT_PLACED_NOT, NULL, false},
	{"原", GT_PLACED_NOT, NULL, false},
	{"", GT_PLACED_NOT, NULL, false},
};

START_TEST(names_lead_to_one_place_or_none)
{
	struct gt_place_of place;

	setup();
	ck_assert_msg(gt_standard_place(fixture.standard, gt_cstr(rows[_i].text), DAY, &place) ==
			      rows[_i].placed,
		"%s", rows[_i].text);
	if (rows[_i].code) {
		ck_assert_msg(gt_str_eq(place.division->code, gt_cstr(rows[_i].code)), "%s is %.*s",
			rows[_i].text, GT_STR_ARGS(place.division->code));
		ck_assert(place.former == rows[_i].former);
	}
	teardown();
}
END_TEST

START_TEST(validity_and_boundaries)
{
	struct gt_place_of place;

	setup();
	ck_assert_int_eq(
		gt_standard_place(fixture.standard, GT_LIT("三元区"), 18000, &place), GT_PLACED);
	ck_str_is(place.division->code, "350403");
	const struct gt_division *d = gt_standard_division(fixture.standard, GT_LIT("330110"));
	ck_assert_int_eq(d->boundary, 18726); /* 2021-04-09 */
	ck_assert(gt_division_within(
		gt_standard_division(fixture.standard, GT_LIT("330100")), GT_LIT("330110A181")));
	ck_assert(!gt_division_within(d, GT_LIT("330103")));
	ck_assert(!gt_division_within(d, GT_LIT("3301")));
	teardown();
}
END_TEST

UNIT_MAIN("places", UNIT_LOOP(names_lead_to_one_place_or_none, sizeof rows / sizeof *rows),
	UNIT_TEST(validity_and_boundaries))
