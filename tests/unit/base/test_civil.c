#include "civil.h"
#include "unit.h"

START_TEST(days_round_trip_over_the_centuries)
{
	static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t days = gt_days_from_civil(1600, 1, 1);

	/* An independent calendar, day by day. */
	for (int y = 1600; y <= 2400; y++)
		for (int m = 1; m <= 12; m++) {
			bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

			for (int d = 1; d <= month_days[m - 1] + (m == 2 && leap); d++, days++) {
				int year, month, day;

				gt_civil_from_days(days, &year, &month, &day);
				ck_assert(year == y && month == m && day == d);
				ck_assert_int_eq(gt_days_from_civil(y, m, d), days);
			}
		}
	ck_assert_int_eq(gt_days_from_civil(1970, 1, 1), 0);
	ck_assert_int_eq(gt_days_from_civil(2000, 2, 29), 11016);
}
END_TEST

START_TEST(microseconds_round_trip)
{
	uint64_t x = 1;

	for (int i = 0; i < 200000; i++) {
		struct gt_civil c;
		int zone = (int)(x >> 32 & 2047) % 1681 - 840;

		x = x * 6364136223846793005u + 1442695040888963407u;
		int64_t us = (int64_t)(x >> 9) - (INT64_C(1) << 54);
		gt_civil_from_us(us, zone, &c);
		ck_assert(gt_civil_valid(&c));
		ck_assert_int_eq(gt_civil_to_us(&c, zone), us);
	}
}
END_TEST

START_TEST(only_real_days_and_times_are_valid)
{
	static const struct {
		struct gt_civil c;
		bool valid;
	} rows[] = {
		{{2024, 2, 29, 0, 0, 0, 0}, true},
		{{2023, 2, 29, 0, 0, 0, 0}, false},
		{{1900, 2, 29, 0, 0, 0, 0}, false},
		{{2000, 2, 29, 0, 0, 0, 0}, true},
		{{2024, 4, 31, 0, 0, 0, 0}, false},
		{{2024, 12, 31, 23, 59, 59, 999999}, true},
		{{2024, 13, 1, 0, 0, 0, 0}, false},
		{{2024, 0, 1, 0, 0, 0, 0}, false},
		{{2024, 1, 0, 0, 0, 0, 0}, false},
		{{2024, 1, 1, 24, 0, 0, 0}, false},
		{{2024, 1, 1, 0, 60, 0, 0}, false},
		{{2024, 1, 1, 0, 0, 60, 0}, false},
		{{2024, 1, 1, 0, 0, 0, 1000000}, false},
		{{2024, 1, 1, -1, 0, 0, 0}, false},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ck_assert_msg(gt_civil_valid(&rows[i].c) == rows[i].valid, "row %zu", i);
}
END_TEST

START_TEST(times_are_written_as_rfc_3339)
{
	static const struct {
		struct gt_civil c;
		int zone;
		enum gt_precision precision;
		const char *text;
	} rows[] = {
		{{2024, 3, 27, 8, 25, 0, 0}, 480, GT_SECOND, "2024-03-27T08:25:00+08:00"},
		{{2024, 3, 27, 8, 25, 0, 123456}, 480, GT_MINUTE, "2024-03-27T08:25:00+08:00"},
		{{2024, 3, 27, 8, 25, 1, 123456}, 0, GT_MILLI, "2024-03-27T08:25:01.123Z"},
		{{2024, 3, 27, 8, 25, 1, 7}, -210, GT_MICRO, "2024-03-27T08:25:01.000007-03:30"},
		{{1969, 12, 31, 23, 59, 59, 999999}, 0, GT_MICRO, "1969-12-31T23:59:59.999999Z"},
		{{1, 1, 1, 0, 0, 0, 0}, 840, GT_SECOND, "0001-01-01T00:00:00+14:00"},
		{{9999, 12, 31, 23, 59, 59, 0}, -60, GT_SECOND, "9999-12-31T23:59:59-01:00"},
		{{12345, 1, 2, 3, 4, 5, 6}, 840, GT_MICRO, "+012345-01-02T03:04:05.000006+14:00"},
		{{-1, 1, 2, 3, 4, 5, 6}, 0, GT_SECOND, "-000001-01-02T03:04:05Z"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char out[GT_TIME_TEXT_MAX];
		int64_t us = gt_civil_to_us(&rows[i].c, rows[i].zone);

		ck_str_is(gt_str(out, gt_time_write(out, us, rows[i].zone, rows[i].precision)),
			rows[i].text);
	}

	char extreme[GT_TIME_TEXT_MAX];

	ck_assert_uint_le(gt_time_write(extreme, INT64_MIN, -840, GT_MICRO), GT_TIME_TEXT_MAX);
	ck_assert_uint_le(gt_time_write(extreme, INT64_MAX, 840, GT_MICRO), GT_TIME_TEXT_MAX);
}
END_TEST

START_TEST(dates_are_written_as_far_as_known)
{
	char out[GT_TIME_TEXT_MAX];
	int64_t days = gt_days_from_civil(2024, 3, 5);

	ck_str_is(gt_str(out, gt_date_write(out, days, GT_YEAR)), "2024");
	ck_str_is(gt_str(out, gt_date_write(out, days, GT_MONTH)), "2024-03");
	ck_str_is(gt_str(out, gt_date_write(out, days, GT_DAY)), "2024-03-05");
	ck_str_is(gt_str(out, gt_date_write(out, days, GT_QUARTER)), "2024-Q1");
	ck_str_is(gt_str(out, gt_date_write(out, gt_days_from_civil(2024, 10, 1), GT_QUARTER)),
		"2024-Q4");
	ck_str_is(gt_str(out, gt_date_write(out, days, GT_HALF)), "2024-H1");
	ck_str_is(gt_str(out, gt_date_write(out, gt_days_from_civil(2024, 7, 1), GT_HALF)),
		"2024-H2");
	ck_str_is(gt_str(out, gt_months_write(out, days, 3)), "2024-03/2024-05");
	ck_str_is(gt_str(out, gt_months_write(out, gt_days_from_civil(2023, 11, 1), 14)),
		"2023-11/2024-12");
}
END_TEST

UNIT_MAIN("civil", UNIT_TEST(days_round_trip_over_the_centuries),
	UNIT_TEST(microseconds_round_trip), UNIT_TEST(only_real_days_and_times_are_valid),
	UNIT_TEST(times_are_written_as_rfc_3339), UNIT_TEST(dates_are_written_as_far_as_known))
