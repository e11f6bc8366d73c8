#define PCRE2_CODE_UNIT_WIDTH 8
#include "standard_fixture.h"

#include <pcre2.h>

#define HEAD                                                                                       \
	"entity: car.trip\nversion: 2.4\ntitle: {en: Trip, zh: 行程}\nkey: [no]\nelements:\n"    \
	"  no: {title: {en: Number, zh: 编号}, type: text, required: true}\n"
#define X(rest) HEAD "  x:\n    title: {en: X, zh: 某}\n" rest
#define AT(line, column) "base/trip.yaml:" #line ":" #column

static const struct mistake mistakes[] = {
	{"base/trip.yaml", X("    type: text\n    units: km\n"), GT_E_OPTION_UNKNOWN_NEAR,
		AT(10, 5), "unit"},
	{"base/trip.yaml", X("    type: texts\n"), GT_E_OPTION_CHOICE_NEAR, AT(9, 11), "text"},
	{"base/trip.yaml", X("    required: true\n"), GT_E_OPTION_REQUIRED, NULL, "type"},
	{"base/trip.yaml", X("    type: int\n    required: maybe\n"), GT_E_OPTION_BOOL, AT(10, 15),
		"maybe"},
	{"base/trip.yaml", HEAD "  x: {type: int}\n", GT_E_OPTION_REQUIRED, NULL, "title"},
	{"base/trip.yaml", HEAD "  x: int\n", GT_E_CONF_WANTS_MAPPING, AT(7, 6), ""},
	{"base/trip.yaml", HEAD "  X: {title: {en: X, zh: 某}, type: int}\n", GT_E_STD_NAME,
		AT(7, 3), "X"},
	{"base/trip.yaml", X("    type: decimal\n    scale: 13\n"), GT_E_OPTION_RANGE, AT(10, 12),
		"13"},
	{"base/trip.yaml", X("    type: decimal\n    scale: -1\n"), GT_E_OPTION_RANGE, AT(10, 12),
		"-1"},
	{"base/trip.yaml", X("    type: decimal\n    unit: kn\n"), GT_E_STD_UNIT, AT(10, 11), "kn"},
	{"base/trip.yaml", X("    type: decimal\n    unit: 公理\n"), GT_E_STD_UNIT, AT(10, 11),
		"公理"},
	{"base/trip.yaml", X("    type: decimal\n    unit: meter\n"), GT_E_STD_UNIT_NEAR,
		AT(10, 11), "metre"},
	{"base/trip.yaml", X("    type: text\n    unit: km\n"), GT_E_STD_NOT_FOR_TYPE, AT(10, 11),
		"unit"},
	{"base/trip.yaml", X("    type: int\n    scale: 2\n"), GT_E_STD_NOT_FOR_TYPE, AT(10, 12),
		"scale"},
	{"base/trip.yaml", X("    type: int\n    pattern: a\n"), GT_E_STD_NOT_FOR_TYPE, AT(10, 14),
		"pattern"},
	{"base/trip.yaml", X("    type: text\n    min: 1\n"), GT_E_STD_NOT_FOR_TYPE, AT(10, 10),
		"min"},
	{"base/trip.yaml", X("    type: text\n    codes: colour\n"), GT_E_STD_NOT_FOR_TYPE,
		AT(10, 12), "codes"},
	{"base/trip.yaml", X("    type: code\n    format: vin\n    codes: colour\n"),
		GT_E_STD_NOT_FOR_TYPE, AT(10, 13), "format"},
	{"base/trip.yaml", X("    type: date\n    max_length: 3\n"), GT_E_STD_NOT_FOR_TYPE,
		AT(10, 17), "max_length"},
	{"base/trip.yaml", X("    type: text\n    format: plates\n"), GT_E_OPTION_CHOICE_NEAR,
		AT(10, 13), "plate"},
	{"base/trip.yaml", X("    type: code\n"), GT_E_STD_CODES_MISSING, NULL, ""},
	{"base/trip.yaml", X("    type: code\n    codes: colours\n"), GT_E_STD_LIST_NEAR,
		AT(10, 12), "colour"},
	{"base/trip.yaml", X("    type: int\n    min: 1.5\n"), GT_E_STD_LIMIT, AT(10, 10), "1.5"},
	{"base/trip.yaml", X("    type: decimal\n    scale: 1\n    max: 1.55\n"), GT_E_STD_LIMIT,
		AT(11, 10), "1.55"},
	{"base/trip.yaml", X("    type: date\n    max: 2023-02-29\n"), GT_E_STD_LIMIT, AT(10, 10),
		"2023-02-29"},
	{"base/trip.yaml", X("    type: time\n    min: tomorrow\n"), GT_E_STD_LIMIT, AT(10, 10),
		"tomorrow"},
	{"base/trip.yaml", X("    type: int\n    min: 9\n    max: 1\n"), GT_E_STD_LIMITS,
		AT(10, 10), "9"},
	{"base/trip.yaml", X("    type: text\n    pattern: 'é[a-'\n"), GT_E_STD_PATTERN, AT(10, 14),
		"5"},
	{"base/trip.yaml", X("    type: text\n    pattern: 'a\\Cb'\n"), GT_E_STD_PATTERN,
		AT(10, 14), ""},
};

START_TEST(a_mistake_is_told_at_its_place)
{
	fixture_mistake(&mistakes[_i], "base@1");
}
END_TEST

static const struct gt_element *element(const struct fixture *f, const char *name)
{
	const struct gt_entity *entity =
		gt_standard_entity(f->standard, GT_LIT("car.trip"), 2, gt_str(NULL, 0));
	uintptr_t at = (uintptr_t)gt_map_get(&entity->by_name, gt_cstr(name));

	ck_assert_uint_ne(at, 0);
	return &entity->elements[at - 1];
}

START_TEST(limits_in_the_elements_own_terms)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "base/trip.yaml",
		HEAD "  a: {title: {en: A, zh: 甲}, type: decimal, scale: 3, min: -1.5, max: 7}\n"
		     "  b: {title: {en: B, zh: 乙}, type: date, min: 1970-01-02}\n"
		     "  c: {title: {en: C, zh: 丙}, type: time, min: 1970-01-02}\n"
		     "  d: {title: {en: D, zh: 丁}, type: int, max: -3}\n");
	ck_assert_ptr_nonnull(fixture_load(&f, "base@1", NULL));
	ck_assert_int_eq(element(&f, "a")->min, -1500);
	ck_assert_int_eq(element(&f, "a")->max, 7000);
	ck_assert(element(&f, "b")->has_min && !element(&f, "b")->has_max);
	ck_assert_int_eq(element(&f, "b")->min, 1);
	ck_assert_int_eq(
		element(&f, "c")->min, INT64_C(16) * 3600 * 1000000); /* midnight at +08:00 */
	ck_assert_int_eq(element(&f, "d")->max, -3);
	fixture_end(&f);
}
END_TEST

START_TEST(a_pattern_matches_the_whole_text_by_characters)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "base/trip.yaml", X("    type: text\n    pattern: '.[0-9]{2}'\n"));
	ck_assert_ptr_nonnull(fixture_load(&f, "base@1", NULL));
	pcre2_code *code = element(&f, "x")->pattern;
	pcre2_match_data *match = pcre2_match_data_create(1, NULL);
	static const struct {
		const char *text;
		bool fits;
	} texts[] = {
		{"鄂12", true}, {"a12", true}, {"a123", false}, {"xa12", false}, {"a12\n", false}};
	for (size_t i = 0; i < 5; i++)
		ck_assert_int_eq(pcre2_match(code, (PCRE2_SPTR)texts[i].text, strlen(texts[i].text),
					 0, 0, match, NULL) > 0,
			texts[i].fits);
	pcre2_match_data_free(match);
	ck_str_is(element(&f, "x")->pattern_text, ".[0-9]{2}");
	fixture_end(&f);
}
END_TEST

/* A pattern that would run for ages fails instead, whoever matches it. */
START_TEST(a_pattern_carries_its_limits)
{
	struct fixture f;
	char text[200];

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "base/trip.yaml", X("    type: text\n    pattern: '(a+)+b'\n"));
	ck_assert_ptr_nonnull(fixture_load(&f, "base@1", NULL));
	pcre2_match_data *match = pcre2_match_data_create(1, NULL);
	memset(text, 'a', sizeof text);
	/* The last byte keeps PCRE2 from seeing at once that no b follows. */
	memcpy(text + sizeof text - 2, "bc", 2);
	int rc = pcre2_match(
		element(&f, "x")->pattern, (PCRE2_SPTR)text, sizeof text, 0, 0, match, NULL);
	ck_assert_int_eq(rc, PCRE2_ERROR_MATCHLIMIT);
	pcre2_match_data_free(match);
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("element", UNIT_LOOP(a_mistake_is_told_at_its_place, sizeof mistakes / sizeof *mistakes),
	UNIT_TEST(limits_in_the_elements_own_terms),
	UNIT_TEST(a_pattern_matches_the_whole_text_by_characters),
	UNIT_TEST(a_pattern_carries_its_limits))
