#include "standard_fixture.h"

#define LIST "codes: colour\ntitle: {en: Colour, zh: 颜色}\nrows:\n"
#define UNITS "units: length\ntitle: {en: Length, zh: 长度}\nrows:\n"

static const struct mistake mistakes[] = {
	{"base/codes.yaml", LIST "  red: {en: Red, zh: 红, form: 2020-01-01}\n",
		GT_E_OPTION_UNKNOWN_NEAR, NULL, "from"},
	{"base/codes.yaml", LIST "  red: {en: Red}\n", GT_E_OPTION_REQUIRED, NULL, "“zh”"},
	{"base/codes.yaml", LIST "  red: {en: Red, zh: 红, from: 2020-02-30}\n", GT_E_STD_DAY,
		"base/codes.yaml:4:31", "2020-02-30"},
	{"base/codes.yaml", LIST "  red: {en: Red, zh: 红, to: 2020-2-3}\n", GT_E_STD_DAY,
		"base/codes.yaml:4:29", "2020-2-3"},
	{"base/codes.yaml", LIST "  red: {en: Red, zh: 红, from: 2020-01-02, to: 2020-01-01}\n",
		GT_E_STD_VALIDITY, "base/codes.yaml:4:47", "red"},
	{"base/codes.yaml",
		LIST "  red: {en: Red, zh: 红, successor: violet}\n  green: {en: Green, zh: 绿}\n",
		GT_E_STD_CODE, "base/codes.yaml:4:36", "violet"},
	{"base/codes.yaml",
		LIST "  red: {en: Red, zh: 红, successor: yelow}\n  yellow: {en: Yellow, zh: 黄}\n",
		GT_E_STD_CODE_NEAR, "base/codes.yaml:4:36", "yellow"},
	{"base/codes.yaml", LIST "  red: {en: Red, zh: 红}\n  rosso: {en: Rosso, zh: 红}\n",
		GT_E_STD_WORD_TWICE, "base/codes.yaml:5:26", "“red”"},
	{"base/codes.yaml",
		LIST "  red: {en: Red, zh: 红}\n  blue: {en: Blue, zh: 蓝, synonyms: [red]}\n",
		GT_E_STD_WORD_TWICE, NULL, "“blue”"},
	{"base/codes.yaml", LIST "  red: {en: Red, zh: 红}\n  red: {en: Red 2, zh: 红二}\n",
		GT_E_OPTION_DUPLICATE, "base/codes.yaml:5:3", "red"},
	{"base/codes.yaml", "codes: colour\ntitle: {en: C, zh: 色}\n", GT_E_STD_EMPTY,
		"base/codes.yaml:1:1", "rows"},
	{"base/codes.yaml", "codes: colour\ntitle: {en: C, zh: 色}\nrows: red\n",
		GT_E_OPTION_WANTS_MAPPING, "base/codes.yaml:3:7", "rows"},
	{"base/codes.yaml",
		"codes: Colour\ntitle: {en: C, zh: 色}\nrows:\n  red: {en: Red, zh: 红}\n",
		GT_E_STD_NAME, "base/codes.yaml:1:8", "Colour"},
	{"base/more.yaml", LIST "  red: {en: Red, zh: 红}\n", GT_E_STD_DUPLICATE,
		"base/more.yaml:1:8", "base/codes.yaml:1:1"},
	{"base/codes.yaml", LIST "  red: {en: Red, zh: 红, status: sure}\n", GT_E_OPTION_UNKNOWN,
		NULL, "status"},
	{"base/units.yaml", UNITS "  m: {factor: 0}\n", GT_E_STD_FACTOR, "base/units.yaml:4:15",
		"“0”"},
	{"base/units.yaml", UNITS "  m: {factor: 1/0}\n", GT_E_STD_FACTOR, NULL, "1/0"},
	{"base/units.yaml", UNITS "  m: {factor: 0.001}\n", GT_E_STD_FACTOR, NULL, "0.001"},
	{"base/units.yaml", UNITS "  m: {factor: 1}\n  km: {factor: 1000, synonyms: [m]}\n",
		GT_E_STD_WORD_TWICE, NULL, "“km”"},
	{"base/zz.yaml", UNITS "  km: {factor: 1}\n", GT_E_STD_DUPLICATE, "base/zz.yaml:4:3",
		"base/units.yaml:5:3"},
	{"base/words.yaml", "words: all\nno_value: {a: b}\n", GT_E_OPTION_WANTS_LIST, NULL,
		"no_value"},
	{"base/codes.yaml", LIST "  red: {en: Red, zh: 红, parent: 赤}\n", GT_E_STD_CODE,
		"base/codes.yaml:4:33", "赤"},
	{"base/codes.yaml", LIST "  red: {en: Red, zh: 红, parent: red}\n", GT_E_STD_CODE_CIRCLE,
		"base/codes.yaml:4:33", "red"},
	{"base/codes.yaml",
		LIST "  a: {en: A, zh: 甲, parent: b}\n  b: {en: B, zh: 乙, parent: a}\n",
		GT_E_STD_CODE_CIRCLE, "base/codes.yaml:5:29", "“b”"},
	{"base/codes.yaml", LIST "  red: {en: Red, zh: 红, value: much}\n", GT_E_STD_LIMIT,
		"base/codes.yaml:4:32", "much"},
	{"base/codes.yaml",
		"codes: colour\ntitle: {en: C, zh: 色}\nunit: kmm\nrows:\n  red: {en: Red, zh: "
		"红}\n",
		GT_E_STD_UNIT_NEAR, "base/codes.yaml:3:7", "km"},
	{"city/codes.yaml", "extend_codes: colour\nrows:\n  red: {parent: pink}\n",
		GT_E_STD_OVERLAY_CODE, "city/codes.yaml:3:17", "parent"},
	{"city/codes.yaml", "extend_codes: colour\nrows:\n  red: {value: 3}\n",
		GT_E_STD_OVERLAY_CODE, "city/codes.yaml:3:16", "value"},
	{"city/codes.yaml", "extend_codes: color\nrows:\n  mauve: {en: Mauve, zh: 紫}\n",
		GT_E_STD_LIST_NEAR, "city/codes.yaml:1:15", "colour"},
	{"city/codes.yaml", "extend_codes: shapes\nrows:\n  mauve: {en: Mauve, zh: 紫}\n",
		GT_E_STD_LIST, "city/codes.yaml:1:15", "shapes"},
	{"city/codes.yaml", "extend_codes: colour\nrows:\n  red: {en: Reddish, zh: 浅红}\n",
		GT_E_STD_OVERLAY_CODE, "city/codes.yaml:3:13", "red"},
	{"base/more.yaml", "extend_codes: colour\nrows:\n  mauve: {en: Mauve, zh: 紫}\n",
		GT_E_STD_NOT_OVERLAY, "base/more.yaml:1:15", "“base”"},
};

START_TEST(a_mistake_is_told_at_its_place)
{
	bool city = strncmp(mistakes[_i].file, "city/", 5) == 0;

	fixture_mistake(&mistakes[_i], city ? "city@3" : "base@1");
}
END_TEST

START_TEST(units_with_exact_factors)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	ck_assert_ptr_nonnull(fixture_load(&f, "base@1", NULL));
	const struct gt_unit *km = gt_standard_unit(f.standard, GT_LIT("公里"));
	const struct gt_unit *chi = gt_standard_unit(f.standard, GT_LIT("尺"));
	ck_str_is(km->name, "km");
	ck_str_is(km->quantity, "length");
	ck_assert_int_eq(km->num, 1000);
	ck_assert_int_eq(km->den, 1);
	ck_assert_int_eq(chi->num, 1);
	ck_assert_int_eq(chi->den, 3);
	ck_assert_ptr_null(gt_standard_unit(f.standard, GT_LIT("里")));
	const struct gt_unit *const *units;
	ck_assert_uint_eq(gt_standard_units(f.standard, &units), 3);
	fixture_end(&f);
}
END_TEST

START_TEST(codes_by_every_spelling)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	ck_assert_ptr_nonnull(fixture_load(&f, "base@1", NULL));
	const struct gt_code_list *list = gt_standard_codes(f.standard, GT_LIT("colour")),
				  *const * lists;
	static const char *const words[] = {"red", "Red", "RED", "红", "红色"};
	for (size_t i = 0; i < 5; i++) {
		const struct gt_code_row *row = gt_code_find(list, gt_cstr(words[i]));
		ck_assert_ptr_nonnull(row);
		ck_str_is(row->code, "red");
		ck_assert(row->valid_from == INT64_MIN && row->valid_to == INT64_MAX);
	}
	const struct gt_code_row *pink = gt_map_get(&list->by_code, GT_LIT("pink"));
	ck_assert_int_eq(pink->valid_from, 14610); /* 2010-01-01 */
	ck_assert_int_eq(pink->valid_to, 18627);   /* 2020-12-31 */
	ck_str_is(pink->successor, "red");
	ck_assert_int_eq(list->status, GT_VERIFIED);
	ck_assert_uint_eq(gt_standard_code_lists(f.standard, &lists), 1);
	ck_assert_ptr_null(gt_map_get(&list->by_code, GT_LIT("紫")));
	fixture_end(&f);
}
END_TEST

/* What people write in a list is cleaned like what a source sends. */
START_TEST(words_are_folded)
{
	struct fixture f;
	char longest[300];

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "base/codes.yaml",
		"codes: colour\ntitle: {en: Colour, zh: 颜色}\nrows:\n"
		"  A1: {en: Light Blue, zh: 浅蓝（旧）, synonyms: [ＳＫＹ]}\n"
		"  m: {en: Mauve, zh: 紫}\n"
		"  M: {en: Maroon, zh: 栗}\n");
	fixture_put(&f, "base/more.yaml",
		"units: mass\ntitle: {en: Mass, zh: 质量}\nrows:\n  kg: {factor: 1, synonyms: "
		"[ｋｇ（毛）]}\n");
	ck_assert_ptr_nonnull(fixture_load(&f, "base@1", NULL));
	const struct gt_code_list *list = gt_standard_codes(f.standard, GT_LIT("colour"));
	static const char *const words[] = {"A1", "a1", "LIGHT blue", "浅蓝(旧)", "sky", "SKY"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const struct gt_code_row *row = gt_code_find(list, gt_cstr(words[i]));
		ck_assert_msg(row != NULL, "%s", words[i]);
		ck_str_is(row->code, "A1");
	}
	ck_str_is(gt_code_find(list, GT_LIT("m"))->code, "m");
	ck_str_is(gt_code_find(list, GT_LIT("M"))->code, "M");
	memset(longest, 'M', sizeof longest);
	ck_assert_ptr_null(gt_code_find(list, gt_str(longest, sizeof longest)));
	ck_assert_ptr_nonnull(gt_standard_unit(f.standard, GT_LIT("kg(毛)")));
	ck_assert_ptr_null(gt_standard_unit(f.standard, GT_LIT("KG")));
	fixture_end(&f);
}
END_TEST

/* Among thousands of codes nobody looks for the one that was meant; nothing else changes. */
START_TEST(a_long_list_is_told_without_a_guess)
{
	static char text[400000];
	struct fixture f;
	size_t n = (size_t)snprintf(text, sizeof text, "%s", LIST);

	for (int i = 0; i < 3000; i++)
		n += (size_t)snprintf(text + n, sizeof text - n,
			"  code%d: {en: Code %d, zh: 第%d号%s}\n", i, i, i,
			i < 5 ? ", successor: cod7" : "");
	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "base/codes.yaml", text);
	fixture_load(&f, "base@1", NULL);
	fixture_expect(&f, GT_E_STD_CODE, "base/codes.yaml:4:43", "cod7");
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("lists", UNIT_TEST(a_long_list_is_told_without_a_guess),
	UNIT_LOOP(a_mistake_is_told_at_its_place, sizeof mistakes / sizeof *mistakes),
	UNIT_TEST(units_with_exact_factors), UNIT_TEST(codes_by_every_spelling),
	UNIT_TEST(words_are_folded))
