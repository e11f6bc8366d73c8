#include "pace.h"

#include "catalogue.h"
#include "civil.h"
#include "unit.h"

static const struct {
	const char *text;
	bool good;
} forms[] = {{"08:00-11:30", true}, {"22:00-02:00", true}, {"00:00-24:00", true},
	{"mon-fri 08:00-09:00", true}, {"sun 08:00-09:00", true}, {"sat-mon 23:00-01:00", true},
	{"8:00-11:30", false}, {"08:00-08:00", false}, {"24:00-08:00", false},
	{"08:60-09:00", false}, {"08:00 - 09:00", false}, {"24:01-09:00", false},
	{"someday 08:00-09:00", false}, {"mon-never 08:00-09:00", false}, {"", false},
	{" ", false}};

START_TEST(windows_are_read_or_refused_by_name)
{
	struct gt_str text = gt_cstr(forms[_i].text);
	struct gt_texts texts = {&text, 1};
	struct gt_quiet quiet = {.n = 7};
	struct gt_err err;

	ck_assert_int_eq(gt_quiet_read(&texts, &quiet, &err), forms[_i].good);
	if (forms[_i].good) {
		ck_assert_uint_eq(quiet.n, 1);
		return;
	}
	ck_assert_uint_eq(quiet.n, 7);
	ck_assert_int_eq(err.code, GT_E_QUIET_FORM);
	ck_assert_str_eq(gt_err_arg(&err, 1), forms[_i].text);
}
END_TEST

/* 2024-03-04 was a Monday. Minutes of the month, Beijing time; -1 = no quiet. */
#define AT(day, hour, minute) ((int64_t)(((day)*24 + (hour)) * 60 + (minute)))
static const struct {
	const char *a, *b;
	int64_t at, until;
} cases[] = {{"08:00-11:30", NULL, AT(4, 7, 59), -1},
	{"08:00-11:30", NULL, AT(4, 8, 0), AT(4, 11, 30)},
	{"08:00-11:30", NULL, AT(4, 11, 29), AT(4, 11, 30)},
	{"08:00-11:30", NULL, AT(4, 11, 30), -1}, {"22:00-02:00", NULL, AT(4, 23, 0), AT(5, 2, 0)},
	{"22:00-02:00", NULL, AT(5, 1, 0), AT(5, 2, 0)}, {"22:00-02:00", NULL, AT(5, 2, 0), -1},
	{"08:00-11:30", "11:00-13:00", AT(4, 8, 30), AT(4, 13, 0)},
	{"08:00-11:30", "11:30-13:00", AT(4, 8, 30), AT(4, 13, 0)},
	{"mon-fri 22:00-02:00", NULL, AT(9, 1, 0), AT(9, 2, 0)}, /* Friday's, on Saturday */
	{"mon-fri 22:00-02:00", NULL, AT(9, 23, 0), -1},
	{"sun-mon 08:00-09:00", NULL, AT(10, 8, 30), AT(10, 9, 0)},
	{"sun-mon 08:00-09:00", NULL, AT(5, 8, 30), -1},
	{"sat 00:00-24:00", "sun 00:00-24:00", AT(9, 12, 0), AT(11, 0, 0)}};

static int64_t us_of(int64_t minutes)
{
	const struct gt_civil start = {.year = 2024, .month = 2, .day = 29}; /* day 0 of March */

	return gt_civil_to_us(&start, 480) + minutes * 60000000;
}

START_TEST(quiet_ends_where_the_windows_end)
{
	struct gt_str v[2] = {gt_cstr(cases[_i].a), gt_cstr(cases[_i].b)};
	struct gt_texts texts = {v, cases[_i].b ? 2 : 1};
	struct gt_quiet quiet;
	struct gt_err err;
	int64_t until;

	ck_assert(gt_quiet_read(&texts, &quiet, &err));
	until = gt_quiet_until(&quiet, us_of(cases[_i].at) + 30000000, 480);
	ck_assert_int_eq(until, cases[_i].until < 0 ? 0 : us_of(cases[_i].until));
}
END_TEST

START_TEST(too_many_windows_are_refused)
{
	struct gt_str v[GT_QUIET_MAX + 1];
	struct gt_texts texts = {v, GT_QUIET_MAX + 1};
	struct gt_quiet quiet;
	struct gt_err err;

	for (size_t i = 0; i < texts.n; i++)
		v[i] = GT_LIT("08:00-09:00");
	ck_assert(!gt_quiet_read(&texts, &quiet, &err));
	texts.n--;
	ck_assert(gt_quiet_read(&texts, &quiet, &err));
}
END_TEST

START_TEST(a_rate_is_a_count_per_unit)
{
	static const struct {
		const char *text;
		int64_t us; /* 0 = refused */
	} rates[] = {{"60/min", 1000000}, {"5/s", 200000}, {"100/h", 36000000}, {"0/min", 0},
		{"60", 0}, {"/min", 0}, {"60/day", 0}, {"x/s", 0}, {"-1/s", 0}, {"60 /min", 0},
		{"1000000/s", 1}, {"1000001/s", 0}};
	struct gt_err err;

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		int64_t us = 0;

		ck_assert_msg(gt_rate_read(gt_cstr(rates[i].text), &us, &err) == (rates[i].us != 0),
			"%s", rates[i].text);
		ck_assert_int_eq(us, rates[i].us);
		if (rates[i].us == 0)
			ck_assert_int_eq(err.code, GT_E_RATE_FORM);
	}
}
END_TEST

UNIT_MAIN("pace",
	UNIT_LOOP(windows_are_read_or_refused_by_name, (int)(sizeof(forms) / sizeof(forms[0]))),
	UNIT_LOOP(quiet_ends_where_the_windows_end, (int)(sizeof(cases) / sizeof(cases[0]))),
	UNIT_TEST(too_many_windows_are_refused), UNIT_TEST(a_rate_is_a_count_per_unit))
