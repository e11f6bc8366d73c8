#include "standard_fixture.h"

#define HEAD "words: all\n"

static const struct mistake mistakes[] = {
	{"base/words.yaml", HEAD "no_value: {a: b}\n", GT_E_OPTION_WANTS_LIST, NULL, "no_value"},
	{"base/words.yaml", HEAD "means_yes: [是, 一二三四五六七八九十一二三四五六七八九十一二]\n",
		GT_E_STD_WORD_LONG, "base/words.yaml:2:12", "63"},
	{"base/words.yaml", HEAD "means_yes: [是]\nmeans_no: [否, 是]\n", GT_E_STD_WORD_TWICE,
		"base/words.yaml:3:11", "是"},
	{"base/words.yaml", HEAD "multipliers: {万: four}\n", GT_E_STD_POWER,
		"base/words.yaml:2:14", "four"},
	{"base/words.yaml", HEAD "multipliers: {万: 19}\n", GT_E_STD_POWER, NULL, "19"},
	{"base/words.yaml", HEAD "no_date: [1900-01-01, 1900-02-30]\n", GT_E_STD_DAY,
		"base/words.yaml:2:10", "1900-02-30"},
	{"base/words.yaml", HEAD "summer_time: {periods: [1986-05-04]}\n", GT_E_STD_PERIOD,
		"base/words.yaml:2:14", "1986-05-04"},
	{"base/words.yaml", HEAD "summer_time: {periods: [1986-09-14/1986-05-04]}\n",
		GT_E_STD_PERIOD, NULL, "1986-09-14"},
	{"base/words.yaml", HEAD "money: {unit: yuan}\n", GT_E_STD_UNIT, "base/words.yaml:2:8",
		"yuan"},
	{"base/words.yaml", HEAD "money: {unit: kmm}\n", GT_E_STD_UNIT_NEAR, NULL, "km"},
	{"base/words.yaml", HEAD "adult_years: young\n", GT_E_OPTION_INT, NULL, "young"},
};

START_TEST(a_mistake_is_told_at_its_place)
{
	fixture_mistake(&mistakes[_i], "base@1");
}
END_TEST

static const char some[] =
	HEAD "no_value: [\"\", 无, \"null\", ＮＡ]\n"
	     "means_yes: [是, Yes, \"1\"]\nmeans_no: [否, 无]\n"
	     "about: {before: [约, 大约], after: [左右]}\n"
	     "multipliers: {万: 4, 十: 1}\n"
	     "money: {unit: m, before: [人民币, RMB], after: [整]}\n"
	     "half_days: {morning: [AM], afternoon: [PM]}\n"
	     "no_date: [1900-01-01, 9999-12-31]\n"
	     "summer_time: {zone: \"+08:00\", periods: [1986-05-04/1986-09-14]}\n"
	     "adult_years: 16\n";

static const struct gt_words *load(struct fixture *f, const char *more)
{
	fixture_start(f);
	fixture_base(f);
	fixture_put(f, "base/words.yaml", some);
	if (more)
		fixture_put(f, "base/words2.yaml", more);
	ck_assert_ptr_nonnull(fixture_load(f, "base@1", NULL));
	return gt_standard_words(f->standard);
}

START_TEST(whole_words)
{
	struct fixture f;
	const struct gt_words *words = load(&f, NULL);
	static const char *const nothing[] = {"", "无", "null", "NULL", "Null", "NA", "na"};
	static const char *const something[] = {"0", "无无", "nul", "x"};

	for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
		ck_assert_int_eq(gt_word_set_get(&words->no_value, gt_cstr(nothing[i])), 0);
	for (size_t i = 0; i < sizeof something / sizeof *something; i++)
		ck_assert_int_eq(gt_word_set_get(&words->no_value, gt_cstr(something[i])), -1);
	ck_assert_int_eq(gt_word_set_get(&words->boolean, GT_LIT("YES")), 1);
	ck_assert_int_eq(gt_word_set_get(&words->boolean, GT_LIT("1")), 1);
	ck_assert_int_eq(gt_word_set_get(&words->boolean, GT_LIT("无")), 0);
	ck_assert_int_eq(gt_word_set_get(&words->boolean, GT_LIT("")), -1);
	ck_assert_int_eq(gt_word_set_get(&words->boolean, GT_LIT("是的")), -1);
	char longest[GT_SET_WORD_MAX + 8];
	memset(longest, 'x', sizeof longest);
	for (size_t n = GT_SET_WORD_MAX - 2; n <= sizeof longest; n++)
		ck_assert_int_eq(gt_word_set_get(&words->boolean, gt_str(longest, n)), -1);
	fixture_end(&f);
}
END_TEST

START_TEST(beginnings_and_ends)
{
	struct fixture f;
	const struct gt_words *words = load(&f, NULL);
	struct gt_str s = GT_LIT("大约5");

	/* The longest first, in whatever order they are listed. */
	ck_assert_ptr_nonnull(gt_word_take(&words->about_before, &s));
	ck_str_is(s, "5");
	ck_assert_ptr_null(gt_word_take(&words->about_before, &s));
	s = GT_LIT("rmb5");
	ck_assert_ptr_nonnull(gt_word_take(&words->money_before, &s));
	ck_str_is(s, "5");
	s = GT_LIT("5左右");
	ck_assert_ptr_nonnull(gt_word_take_end(&words->about_after, &s));
	ck_str_is(s, "5");
	s = GT_LIT("万元");
	const struct gt_word *word = gt_word_take(&words->multipliers, &s);
	ck_assert_ptr_nonnull(word);
	ck_assert_int_eq(word->value, 4);
	ck_str_is(s, "元");
	s = GT_LIT("");
	ck_assert_ptr_null(gt_word_take(&words->multipliers, &s));
	ck_assert_ptr_null(gt_word_take_end(&words->money_after, &s));
	fixture_end(&f);
}
END_TEST

static const struct {
	const char *cell;
	bool total;
} cells[] = {{"合计", true}, {"合计（元）", true}, {" 合 计", true}, {"合　　计：", true},
	{"合计2024", true}, {"注：一", true}, {"注:", true}, {"(注)", false}, {"注", true},
	{"注册中心", false}, {"注a", false}, {"总部合计", false}, {"合", false}, {"", false},
	{"合计划", false}, {"YC1", false}, {"合计\xff", false}};

START_TEST(cells_of_total_rows)
{
	struct fixture f;
	char longest[400] = "合计 ";

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "base/words.yaml", HEAD "total_row: [合计, 注]\n");
	ck_assert_ptr_nonnull(fixture_load(&f, "base@1", NULL));
	const struct gt_words *words = gt_standard_words(f.standard);
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		ck_assert_msg(gt_words_total_row(words, gt_cstr(cells[i].cell)) == cells[i].total,
			"“%s”", cells[i].cell);
	while (strlen(longest) < 390)
		strcat(longest, "（元）");
	ck_assert(gt_words_total_row(words, gt_cstr(longest)));
	fixture_end(&f);
}
END_TEST

START_TEST(days_money_and_age)
{
	struct fixture f;
	const struct gt_words *words = load(&f, NULL);

	ck_assert(gt_words_no_date(words, -25567));
	ck_assert(gt_words_no_date(words, 2932896));
	ck_assert(!gt_words_no_date(words, 0));
	ck_assert(gt_words_summer_time(words, 5967, 480)); /* 1986-05-04 */
	ck_assert(gt_words_summer_time(words, 6100, 480)); /* 1986-09-14 */
	ck_assert(!gt_words_summer_time(words, 5966, 480));
	ck_assert(!gt_words_summer_time(words, 6101, 480));
	ck_assert(!gt_words_summer_time(words, 6000, 0));
	ck_str_is(words->money_unit->name, "m");
	ck_assert_int_eq(words->adult_years, 16);
	fixture_end(&f);
}
END_TEST

/* Lists add up, single values are the last file's. */
START_TEST(files_add_up)
{
	struct fixture f;
	const struct gt_words *words = load(&f,
		"words: more\nno_value: [没填]\nno_date: [1970-01-01]\nmultipliers: {百万: 6}\n"
		"adult_years: 18\nmoney: {unit: km}\n");
	struct gt_str s = GT_LIT("百万");

	ck_assert_int_eq(gt_word_set_get(&words->no_value, GT_LIT("没填")), 0);
	ck_assert_int_eq(gt_word_set_get(&words->no_value, GT_LIT("无")), 0);
	ck_assert(gt_words_no_date(words, 0) && gt_words_no_date(words, -25567));
	ck_assert_int_eq(gt_word_take(&words->multipliers, &s)->value, 6);
	ck_assert_uint_eq(words->summer_time_count, 1);
	ck_assert_int_eq(words->adult_years, 18);
	ck_str_is(words->money_unit->name, "km");
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("words", UNIT_LOOP(a_mistake_is_told_at_its_place, sizeof mistakes / sizeof *mistakes),
	UNIT_TEST(whole_words), UNIT_TEST(beginnings_and_ends), UNIT_TEST(days_money_and_age),
	UNIT_TEST(cells_of_total_rows), UNIT_TEST(files_add_up))
