#include "flags.h"
#include "number.h"
#include "words_fixture.h"

#include <inttypes.h>

struct row {
	const char *in;
	unsigned scale;
	int64_t value;
	const char *rest;
	uint64_t flags;
	bool rounded;
};

static const struct row rows[] = {
	{"29.1", 1, 291, "", 0, false},
	{"0", 2, 0, "", 0, false},
	{"-0.05", 2, -5, "", 0, false},
	{"+7", 0, 7, "", 0, false},
	{".5", 1, 5, "", 0, false},
	{"5.", 1, 50, "", 0, false},
	{"12,345.6", 1, 123456, "", GT_FLAG_THOUSANDS, false},
	{"1,234,567", 0, 1234567, "", GT_FLAG_THOUSANDS, false},
	{"1,2345", 0, 1, ",2345", 0, false},
	{"1234,567", 0, 1234, ",567", 0, false},
	{"1.2345E+05", 0, 123450, "", GT_FLAG_SCI, false},
	{"1e-3", 3, 1, "", GT_FLAG_SCI, false},
	{"12E", 0, 12, "E", 0, false},
	{"(350.00)", 2, -35000, "", 0, false},
	{"约1200平方米", 0, 1200, "平方米", GT_FLAG_APPROX, false},
	{"1200平左右", 0, 1200, "平", GT_FLAG_APPROX, false},
	{"¥12,350.00元整", 2, 1235000, "元整", GT_FLAG_THOUSANDS, false},
	{"-¥5", 0, -5, "", 0, false},
	{"¥-5", 0, -5, "", 0, false},
	{"12.5 万kW·h", 1, 125, "万kW·h", 0, false},
	{"341.699999999983", 1, 3417, "", 0, true},
	{"0.125", 2, 12, "", 0, true},
	{"0.375", 2, 38, "", 0, true},
	{"0.1250000000000000000000000000000000000000000000001", 2, 13, "", 0, true},
	{"0.12500000000000000000000000000000000000000000000000", 2, 12, "", 0, true},
	{"2.5", 0, 2, "", 0, true},
	{"-2.5", 0, -2, "", 0, true},
	{"3.5", 0, 4, "", 0, true},
	{"9223372036854775807", 0, INT64_MAX, "", 0, false},
	{"-9223372036854775807", 0, -INT64_MAX, "", 0, false},
	{"1e-4000", 2, 0, "", GT_FLAG_SCI, true},
	{"0e9999", 2, 0, "", GT_FLAG_SCI, false},
	{"人民币壹拾贰万叁仟肆佰伍拾陆元柒角捌分", 2, 12345678, "", GT_FLAG_CHINESE, false},
	{"三千二百", 0, 3200, "", GT_FLAG_CHINESE, false},
	{"二十五", 0, 25, "", GT_FLAG_CHINESE, false},
	{"十五人", 0, 15, "人", GT_FLAG_CHINESE, false},
	{"一万零三百", 0, 10300, "", GT_FLAG_CHINESE, false},
	{"两亿三千万", 0, 230000000, "", GT_FLAG_CHINESE, false},
	{"壹佰元整", 0, 100, "整", GT_FLAG_CHINESE, false},
	{"五百千瓦", 0, 500, "千瓦", GT_FLAG_CHINESE, false},
	{"叁角", 2, 30, "", GT_FLAG_CHINESE, false},
};

START_TEST(reads)
{
	const struct row *row = &rows[_i];
	struct gt_number number;
	int64_t value;
	bool rounded;

	ck_assert_msg(gt_number_parse(test_words(), gt_cstr(row->in), &number), "%s", row->in);
	ck_str_is(number.rest, row->rest);
	ck_assert_msg(number.flags == row->flags, "%s: %" PRIx64, row->in, number.flags);
	ck_assert(gt_number_scale(&number, 1, 1, row->scale, &value, &rounded));
	ck_assert_msg(value == row->value, "%s: %" PRId64, row->in, value);
	ck_assert_msg(rounded == row->rounded, "%s", row->in);
}
END_TEST

static const char *const not_numbers[] = {"", "abc", "-", "+", ".", "¥", "约", "()", "(a)", "--5",
	"二〇二四", "万", "元", "E5", "角", "无", "五元五"};

START_TEST(refuses)
{
	struct gt_number number;

	ck_assert_msg(!gt_number_parse(test_words(), gt_cstr(not_numbers[_i]), &number), "%s",
		not_numbers[_i]);
}
END_TEST

static const char *const large[] = {"9223372036854775808", "1e19",
	"99999999999999999999999999999999999999", "123456789012345678901234567890123456789012345",
	"1e9999", "9e999999999999"};

START_TEST(too_large_is_said)
{
	struct gt_number number;
	int64_t value = 42;
	bool rounded;

	ck_assert(gt_number_parse(test_words(), gt_cstr(large[_i]), &number));
	ck_assert(!gt_number_scale(&number, 1, 1, 0, &value, &rounded));
	ck_assert_int_eq(value, 42);
}
END_TEST

START_TEST(converts_exactly)
{
	struct gt_number number;
	int64_t value;
	bool rounded;

	/* 3 mu of 2000/3 square metres; 1 square metre in mu is 0.0015. */
	ck_assert(gt_number_parse(test_words(), GT_LIT("3"), &number));
	ck_assert(gt_number_scale(&number, 2000, 3, 2, &value, &rounded));
	ck_assert(value == 200000 && !rounded);
	ck_assert(gt_number_parse(test_words(), GT_LIT("1"), &number));
	ck_assert(gt_number_scale(&number, 3, 2000, 4, &value, &rounded));
	ck_assert(value == 15 && !rounded);
	ck_assert(gt_number_scale(&number, 1, 3, 4, &value, &rounded));
	ck_assert(value == 3333 && rounded);
	ck_assert(gt_number_scale(&number, 1000000000000, 1, 6, &value, &rounded));
	ck_assert(value == 1000000000000000000 && !rounded);
}
END_TEST

START_TEST(takes_multipliers_off)
{
	struct gt_number number;
	int64_t value;
	bool rounded;

	ck_assert(gt_number_parse(test_words(), GT_LIT("1.2千万度"), &number));
	ck_assert(gt_number_multiplier(test_words(), &number));
	ck_assert(gt_number_multiplier(test_words(), &number));
	ck_assert(!gt_number_multiplier(test_words(), &number));
	ck_str_is(number.rest, "度");
	ck_assert(gt_number_scale(&number, 1, 1, 0, &value, &rounded));
	ck_assert_int_eq(value, 12000000);
}
END_TEST

UNIT_MAIN("number", UNIT_LOOP(reads, sizeof rows / sizeof *rows),
	UNIT_LOOP(refuses, sizeof not_numbers / sizeof *not_numbers),
	UNIT_LOOP(too_large_is_said, sizeof large / sizeof *large), UNIT_TEST(converts_exactly),
	UNIT_TEST(takes_multipliers_off))
