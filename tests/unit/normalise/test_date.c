#include "date.h"
#include "flags.h"
#include "words_fixture.h"

#include <inttypes.h>

#define FORM GT_FLAG_DATE_FORM
#define CN GT_FLAG_CHINESE

struct row {
	const char *in, *date,
		*time;  /* expected text as DATE and as TIME at +08:00; NULL = refused */
	uint64_t flags; /* of the date */
};

static const struct row rows[] = {
	{"2024-03-05", "2024-03-05", "2024-03-05T00:00:00+08:00", 0},
	{"2024年3月5日", "2024-03-05", "2024-03-05T00:00:00+08:00", FORM},
	{"2024年3月5号", "2024-03-05", "2024-03-05T00:00:00+08:00", FORM},
	{"2024.3.5", "2024-03-05", "2024-03-05T00:00:00+08:00", FORM},
	{"2024/3/5 0:00:00", "2024-03-05", "2024-03-05T00:00:00+08:00", FORM},
	{"45356", "2024-03-05", "2024-03-05T00:00:00+08:00", FORM},
	{"45356.75", "2024-03-05", "2024-03-05T18:00:00+08:00", FORM},
	{"45356.9999999", "2024-03-06", "2024-03-06T00:00:00+08:00", FORM},
	{"二〇二四年三月五日", "2024-03-05", "2024-03-05T00:00:00+08:00", FORM | CN},
	{"二零二四年十二月三十一日", "2024-12-31", "2024-12-31T00:00:00+08:00", FORM | CN},
	{"二〇二四年十月二十日", "2024-10-20", "2024-10-20T00:00:00+08:00", FORM | CN},
	{"二零二四年三月", "2024-03", NULL, FORM | CN},
	{"2024年3月", "2024-03", NULL, FORM},
	{"2024-03", "2024-03", NULL, 0},
	{"202403", "2024-03", NULL, FORM},
	{"2024年", "2024", NULL, FORM},
	{"2024", "2024", NULL, FORM},
	{"24.3.5", "2024-03-05", "2024-03-05T00:00:00+08:00", FORM | GT_FLAG_YEAR2},
	{"98年3月5日", "1998-03-05", "1998-03-05T00:00:00+08:00", FORM | GT_FLAG_YEAR2},
	{"240305", "2024-03-05", "2024-03-05T00:00:00+08:00", FORM | GT_FLAG_YEAR2},
	{"20240305", "2024-03-05", "2024-03-05T00:00:00+08:00", 0},
	{"20240305T082500", NULL, NULL, FORM},
	{"20240305 8:25", "2024-03-05", "2024-03-05T08:25:00+08:00", FORM},
	{"20210922163758", "2021-09-22", "2021-09-22T16:37:58+08:00", FORM},
	{"202109221637", "2021-09-22", "2021-09-22T16:37:00+08:00", FORM},
	{"2021092216", "2021-09-22", "2021-09-22T16:00:00+08:00", FORM},
	{"20210922163758123", "2021-09-22", "2021-09-22T16:37:58.123+08:00", FORM},
	{"1524817020000", "2018-04-27", "2018-04-27T16:17:00+08:00", GT_FLAG_EPOCH},
	{"1524817020123", "2018-04-27", "2018-04-27T16:17:00.123+08:00", GT_FLAG_EPOCH},
	{"1524817020", "2018-04-27", "2018-04-27T16:17:00+08:00", GT_FLAG_EPOCH},
	{"915120000000", "1999-01-01", "1999-01-01T00:00:00+08:00", GT_FLAG_EPOCH},
	{"2024-03-27T00:25:00Z", "2024-03-27", "2024-03-27T08:25:00+08:00", 0},
	{"2024-03-04T16:00:00.000Z", "2024-03-05", "2024-03-05T00:00:00+08:00", 0},
	{"2024-03-27T08:25:00+08:00", "2024-03-27", "2024-03-27T08:25:00+08:00", 0},
	{"2024-03-27T08:25:00+0800", "2024-03-27", "2024-03-27T08:25:00+08:00", 0},
	{"2024-03-26T19:25:00-05", "2024-03-27", "2024-03-27T08:25:00+08:00", 0},
	{"2024-03-27 08:25:00.0", "2024-03-27", "2024-03-27T08:25:00+08:00", 0},
	{"2024-03-27 08:25:00.123456", "2024-03-27", "2024-03-27T08:25:00.123456+08:00", 0},
	{"2024-03-27 08:25:00.12", "2024-03-27", "2024-03-27T08:25:00.120+08:00", 0},
	{"2024.3.27 8:25", "2024-03-27", "2024-03-27T08:25:00+08:00", FORM},
	{"2024年3月27日8时25分", "2024-03-27", "2024-03-27T08:25:00+08:00", FORM},
	{"2024年3月27日 8点25分30秒", "2024-03-27", "2024-03-27T08:25:30+08:00", FORM},
	{"2024年3月27日8时", "2024-03-27", "2024-03-27T08:00:00+08:00", FORM},
	{"2024-3-27 下午3:05", "2024-03-27", "2024-03-27T15:05:00+08:00", FORM},
	{"2024-3-27 上午12:05", "2024-03-27", "2024-03-27T00:05:00+08:00", FORM},
	{"2024/3/27 3:05:06 PM", "2024-03-27", "2024-03-27T15:05:06+08:00", FORM},
	{"2024-03-27 24:00:00", "2024-03-28", "2024-03-28T00:00:00+08:00", 0},
	{"2024年一季度", "2024-Q1", NULL, FORM | CN},
	{"2024Q3", "2024-Q3", NULL, FORM},
	{"2024年下半年", "2024-H2", NULL, FORM},
	{"2024年度", "2024", NULL, FORM},
	{"2024年1-3月", "2024-01/2024-03", NULL, FORM},
	{"2023年11月至2024年2月", "2023-11/2024-02", NULL, FORM},
	{"2024年第四季", "2024-Q4", NULL, FORM | CN},
	{"210922163758", "2021-09-22", "2021-09-22T16:37:58+08:00", FORM | GT_FLAG_YEAR2},
	{"/Date(1524817020000)/", "2018-04-27", "2018-04-27T16:17:00+08:00", GT_FLAG_EPOCH},
	{"2024-02-29", "2024-02-29", "2024-02-29T00:00:00+08:00", 0},
};

static const char *written(const struct gt_when *when, bool time, char out[64])
{
	size_t n = time ? gt_time_write(out, when->value, 480, when->precision)
		   : when->precision == GT_MONTHS
			   ? gt_months_write(out, when->value, when->months)
			   : gt_date_write(out, when->value, when->precision);

	out[n] = '\0';
	return out;
}

START_TEST(reads)
{
	const struct row *row = &rows[_i];

	for (int time = 0; time < 2; time++) {
		const char *expected = time ? row->time : row->date;
		struct gt_when when;
		uint64_t flags = 0;
		char out[64];
		enum gt_dated dated =
			gt_date_parse(test_words(), gt_cstr(row->in), time, 480, &when, &flags);
		if (!expected) {
			ck_assert_msg(dated == GT_DATED_NOT, "%s: %d", row->in, (int)dated);
			continue;
		}
		ck_assert_msg(dated == GT_DATED, "%s: %d", row->in, (int)dated);
		ck_assert_str_eq(written(&when, time, out), expected);
		if (!time)
			ck_assert_msg(flags == row->flags, "%s: flags %" PRIx64, row->in, flags);
	}
}
END_TEST

static const struct {
	const char *in;
	enum gt_dated dated;
	uint64_t flags;
} refused[] = {
	{"2024年2月30日", GT_DATED_NO_DAY, FORM},
	{"2023-02-29", GT_DATED_NO_DAY, 0},
	{"2024-13-01", GT_DATED_NO_DAY, 0},
	{"2024-00-00", GT_DATED_NO_DAY, 0},
	{"2024-03-27 25:00", GT_DATED_NO_DAY, 0},
	{"2024-03-27 08:61", GT_DATED_NO_DAY, 0},
	{"20240230", GT_DATED_NO_DAY, 0},
	{"0000-00-00 00:00:00", GT_DATED_EMPTY, GT_FLAG_ZERO_DATE},
	{"0", GT_DATED_EMPTY, GT_FLAG_ZERO_DATE},
	{"1900-01-01", GT_DATED_EMPTY, GT_FLAG_DEFAULT_DATE},
	{"1900/1/1 0:00:00", GT_DATED_EMPTY, GT_FLAG_DEFAULT_DATE},
	{"9999-12-31", GT_DATED_EMPTY, GT_FLAG_DEFAULT_DATE},
	{"99991231", GT_DATED_EMPTY, GT_FLAG_DEFAULT_DATE},
	{"", GT_DATED_NOT, 0},
	{"昨天", GT_DATED_NOT, FORM | CN},
	{"3/5/2024", GT_DATED_NOT, 0},
	{"05-03-2024", GT_DATED_NOT, 0},
	{"8:25", GT_DATED_NOT, 0},
	{"3.5", GT_DATED_NOT, 0},
	{"12345", GT_DATED_NOT, 0},
	{"123456789", GT_DATED_NOT, 0},
	{"2024-03-05x", GT_DATED_NOT, 0},
	{"2024-03-05T08:25:00+99:00", GT_DATED_NOT, 0},
	{"2024年一二月", GT_DATED_NOT, 0},
	{"2024/3-5", GT_DATED_NOT, 0},
};

START_TEST(refuses)
{
	struct gt_when when;
	uint64_t flags = 0;
	enum gt_dated dated =
		gt_date_parse(test_words(), gt_cstr(refused[_i].in), true, 480, &when, &flags);

	ck_assert_msg(dated == refused[_i].dated, "%s: %d", refused[_i].in, (int)dated);
	if (dated != GT_DATED_NOT)
		ck_assert_msg(flags == refused[_i].flags, "%s: %" PRIx64, refused[_i].in, flags);
}
END_TEST

START_TEST(the_zone_is_the_declared_one)
{
	struct gt_when when;
	uint64_t flags = 0;

	ck_assert(gt_date_parse(test_words(), GT_LIT("2024-03-27 08:25"), true, 0, &when, &flags) ==
		  GT_DATED);
	ck_assert_int_eq(when.value, 1711527900000000);
	ck_assert(gt_date_parse(test_words(), GT_LIT("2024-03-27 08:25"), true, 480, &when,
			  &flags) == GT_DATED);
	ck_assert_int_eq(when.value, 1711499100000000);
	ck_assert_int_eq(when.precision, GT_MINUTE);
	/* An offset in the text wins. */
	ck_assert(gt_date_parse(test_words(), GT_LIT("2024-03-27 08:25+08:00"), true, 0, &when,
			  &flags) == GT_DATED);
	ck_assert_int_eq(when.value, 1711499100000000);
}
END_TEST

START_TEST(flags_of_instants)
{
	struct gt_when when;
	uint64_t flags = 0;

	ck_assert(gt_date_parse(test_words(), GT_LIT("2024-03-27"), true, 480, &when, &flags) ==
		  GT_DATED);
	ck_assert_uint_eq(flags, GT_FLAG_DATE_ONLY);
	flags = 0;
	ck_assert(gt_date_parse(test_words(), GT_LIT("1988-06-01 08:00"), true, 480, &when,
			  &flags) == GT_DATED);
	ck_assert_uint_eq(flags, GT_FLAG_DST_1986);
	flags = 0;
	ck_assert(gt_date_parse(test_words(), GT_LIT("1988-01-01 08:00"), true, 480, &when,
			  &flags) == GT_DATED);
	ck_assert_uint_eq(flags, 0);
	ck_assert(gt_date_parse(test_words(), GT_LIT("1988-06-01T08:00:00Z"), true, 480, &when,
			  &flags) == GT_DATED);
	ck_assert_uint_eq(flags, 0);
}
END_TEST

UNIT_MAIN("date", UNIT_LOOP(reads, sizeof rows / sizeof *rows),
	UNIT_LOOP(refuses, sizeof refused / sizeof *refused),
	UNIT_TEST(the_zone_is_the_declared_one), UNIT_TEST(flags_of_instants))
