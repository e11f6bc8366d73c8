#include "profile.h"
#include "quality_fixture.h"

/* Values separated by "|"; a value "∅" is null. */
static void fill(struct gt_profile *p, const char *values)
{
	gt_profile_init(p, gt_standard_words(standard), 480);
	for (const char *at = values; *at;) {
		size_t n = strcspn(at, "|");
		struct gt_value value = gt_value_text(gt_str(at, n));

		if (gt_str_eq(gt_str(at, n), GT_LIT("∅")))
			value = (struct gt_value){.kind = GT_NULL};
		gt_profile_add(p, &value);
		at += n + (at[n] == '|');
	}
}

static const struct {
	const char *values, *looks;
} rows[] = {
	{"∅| |无|-|N/A|/", "empty"},
	{"1|2|-3|1,234|0", "integer"},
	{"1|2.5|￥12.30|1,234.00|9", "decimal"},
	{"2024-03-27|2024/3/5|2024年3月|20240327", "date"},
	{"20240327|20231231|20200229", "date"},
	{"20241327|20231231|20200229", "integer"},
	{"61031125|61031126", "integer"},
	{"2016|2017", "integer"},
	{"2024.3.27|2024.3.28", "date"},
	{"2024.3|2024.5", "decimal"},
	{"2024-03-27 08:25|2024-03-27T08:25:00Z|0000-00-00", "time"},
	{"是|否|是", "boolean"},
	{"true|FALSE", "boolean"},
	{"0|1|1", "integer"},
	{"鄂A·12345|浙AD12345|鄂A12346", "plate"},
	{"AB12345|AB12346", "id"},
	{"1M8GDM9AXKP042788", "vin"},
	{"11010519491231002X|110105 19491231 002x", "identity-number"},
	{"13812345678|0571-86547551", "phone"},
	{"4111111111111111|5500005555555559", "bank-card"},
	{"6666666666666666|1323132313211331313", "id"},
	{"YC001|YC002|YC003", "id"},
	{"007|008", "id"},
	{"男|女|男|女|男|女|男|女|男|女", "code"},
	{"男|女|男|女", "text"},
	{"01|02|01|02|01|02|01|02|01|02", "code"},
	{"办公室|会议室|仓库", "text"},
	{"13:15:12|09:20:43", "text"},
	{"1|2|3|4|x", "text"},
};

START_TEST(sees_what_a_column_is)
{
	struct gt_profile p;

	national();
	fill(&p, rows[_i].values);
	ck_assert_str_eq(gt_looks_name(gt_profile_looks(&p)), rows[_i].looks);
	drop_national();
}
END_TEST

START_TEST(one_odd_value_of_twenty_changes_nothing)
{
	struct gt_profile p;

	national();
	fill(&p, "1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|19|x");
	ck_assert_int_eq(gt_profile_looks(&p), GT_LOOKS_INTEGER);
	fill(&p, "1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17|18|y|x");
	ck_assert_int_eq(gt_profile_looks(&p), GT_LOOKS_TEXT);
	drop_national();
}
END_TEST

static void is(const struct gt_kept *kept, const char *text)
{
	ck_assert_ptr_nonnull(kept);
	ck_assert(gt_str_eq(gt_str(kept->text, kept->n), gt_cstr(text)));
}

START_TEST(counts_and_compares)
{
	struct gt_profile p;

	national();
	fill(&p, " 10|9.5|∅|1,000|9.5|无");
	ck_assert_uint_eq(p.rows, 6);
	ck_assert_uint_eq(p.nulls, 2);
	ck_assert_uint_eq(p.distinct, 3);
	ck_assert_uint_eq(p.example_count, 3);
	is(&p.examples[0], "10");
	is(gt_profile_min(&p), "9.5");
	is(gt_profile_max(&p), "1,000");
	fill(&p, "2024-03-27|2023年12月1日|2024/3/28");
	is(gt_profile_min(&p), "2023年12月1日");
	is(gt_profile_max(&p), "2024/3/28");
	fill(&p, "b|a");
	ck_assert_ptr_null(gt_profile_min(&p));
	drop_national();
}
END_TEST

START_TEST(takes_other_kinds_of_values)
{
	struct gt_profile p;
	struct gt_value yes = {.kind = GT_BOOL, .number = 1}, list = gt_value_text(GT_LIT("[1]"));

	national();
	gt_profile_init(&p, gt_standard_words(standard), 480);
	gt_profile_add(&p, &yes);
	ck_assert_int_eq(gt_profile_looks(&p), GT_LOOKS_BOOLEAN);
	gt_profile_init(&p, gt_standard_words(standard), 480);
	list.kind = GT_JSON;
	gt_profile_add(&p, &list);
	ck_assert_int_eq(gt_profile_looks(&p), GT_LOOKS_NESTED);
	drop_national();
}
END_TEST

/* Whatever comes, a profile stays as large as it is. */
START_TEST(is_bounded)
{
	static char text[100000];
	struct gt_profile p;
	struct gt_value value;

	national();
	gt_profile_init(&p, gt_standard_words(standard), 480);
	for (int i = 0; i < 5000; i++) {
		value = gt_value_text(gt_cstr(GT_TEXT("v%d", i)));
		gt_profile_add(&p, &value);
	}
	ck_assert_uint_eq(p.distinct, GT_PROFILE_DISTINCT);
	for (size_t i = 0; i + 3 <= sizeof text; i += 3)
		memcpy(text + i, "车", 3);
	gt_profile_init(&p, gt_standard_words(standard), 480);
	value = gt_value_text(gt_str(text, sizeof text / 3 * 3));
	gt_profile_add(&p, &value);
	ck_assert_int_eq(gt_profile_looks(&p), GT_LOOKS_TEXT);
	ck_assert_uint_eq(p.examples[0].n, GT_PROFILE_TEXT / 3 * 3);
	drop_national();
}
END_TEST

UNIT_MAIN("profile", UNIT_LOOP(sees_what_a_column_is, sizeof rows / sizeof *rows),
	UNIT_TEST(one_odd_value_of_twenty_changes_nothing), UNIT_TEST(counts_and_compares),
	UNIT_TEST(takes_other_kinds_of_values), UNIT_TEST(is_bounded))
