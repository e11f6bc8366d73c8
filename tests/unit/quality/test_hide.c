#include "civil.h"
#include "hide.h"
#include "quality_fixture.h"

static const struct {
	bool whole;
	const char *in, *out;
} rows[] = {
	{true, "张三", "张*"},
	{true, "13812345678", "138****5678"},
	{false, "张三 11010519491231002X 已领", "张三 110***********002X 已领"},
	{false, "联系13812345678或02787654321", "联系138****5678或02787654321"},
	{false, "卡4111111111111111", "卡************1111"},
	{false, "单号7020181217000001", "单号7020181217000001"},
	{false, "电话0571-86547551转8", "电话0571-****7551转8"},
	{false, "2024-0327", "2024-0327"},
	{false, "", ""},
	{false, "鄂A12345", "鄂A12345"},
};

START_TEST(hides)
{
	char out[128];
	struct gt_str in = gt_cstr(rows[_i].in);
	size_t n;

	national();
	n = gt_hide(gt_standard_words(standard), gt_days_from_civil(2024, 5, 1), rows[_i].whole, in,
		out);
	ck_assert_msg(gt_str_eq(gt_str(out, n), gt_cstr(rows[_i].out)), "%.*s", (int)n, out);
	drop_national();
}
END_TEST

START_TEST(hides_whole_columns)
{
	ck_assert(gt_hide_column(GT_LOOKS_IDENTITY));
	ck_assert(gt_hide_column(GT_LOOKS_PHONE));
	ck_assert(gt_hide_column(GT_LOOKS_CARD));
	ck_assert(!gt_hide_column(GT_LOOKS_TEXT));
	ck_assert(!gt_hide_column(GT_LOOKS_PLATE));
}
END_TEST

UNIT_MAIN("hide", UNIT_LOOP(hides, sizeof rows / sizeof *rows), UNIT_TEST(hides_whole_columns))
