#include "standard_fixture.h"

static bool is_null_word(const struct fixture *f, struct gt_str word)
{
	return gt_word_set_get(&gt_standard_words(f->standard)->no_value, word) >= 0;
}

static const struct mistake mistakes[] = {
	{"city/package.yaml",
		"package: city\nversion: 1\ntitle: {en: C, zh: 市}\nlevel: city\n"
		"extends: base@1\ndivisions: [\"42\"]\n",
		GT_E_STD_VERSION, "city/package.yaml:2:10", "“1”"},
	{"city/package.yaml",
		"package: city\nversion: 1.0\ntitle: {en: C, zh: 市}\nlevel: city\n"
		"extends: bade@1\ndivisions: [\"42\"]\n",
		GT_E_STD_PACKAGE_NEAR, "city/package.yaml:5:10", "base@1"},
	{"city/package.yaml",
		"package: city\nversion: 1.0\ntitle: {en: C, zh: 市}\nlevel: city\n"
		"extends: base@9\ndivisions: [\"42\"]\n",
		GT_E_STD_PACKAGE_NEAR, "city/package.yaml:5:10", "base@9"},
	{"city/package.yaml",
		"package: city\nversion: 1.0\ntitle: {en: C, zh: 市}\nlevel: city\n"
		"extends: base\ndivisions: [\"42\"]\n",
		GT_E_STD_SPEC, "city/package.yaml:5:10", "“base”"},
	{"city/package.yaml",
		"package: city\nversion: 1.0\ntitle: {en: C, zh: 市}\nlevel: city\n"
		"extends: base@1\n",
		GT_E_STD_OVERLAY_DIVISIONS, "city/package.yaml:1:1", "divisions"},
	{"city/package.yaml",
		"package: city\nversion: 1.0\ntitle: {en: C, zh: 市}\nlevel: city\n"
		"extends: base@1\ndivisions: [\"42\", 4x]\n",
		GT_E_STD_DIVISION, "city/package.yaml:6:19", "“4x”"},
	{"city/package.yaml",
		"package: city\nversion: 1.0\ntitle: {en: C, zh: 市}\nlevel: city\n"
		"extends: base@1\ndivisions: [\"42\"]\nneeds: [city@1]\n",
		GT_E_STD_CYCLE, "city/package.yaml:7:9", "“city”"},
	{"city/package.yaml", "package: city\nversion: 1.0\ntitle: {zh: 市}\nlevel: city\n",
		GT_E_OPTION_REQUIRED, NULL, "“en”"},
	{"city/package.yaml", "package: City!\nversion: 1.0\ntitle: {en: C, zh: 市}\nlevel: city\n",
		GT_E_STD_NAME, "city/package.yaml:1:10", "City!"},
	{"city/package.yaml",
		"package: city\nversion: 1.0\ntitle: {en: C, zh: 市}\nlevel: village\n",
		GT_E_OPTION_CHOICE, "city/package.yaml:4:8", "village"},
	{"city/x.yaml", "entitty: car.trip\n", GT_E_STD_FILE_KIND, "city/x.yaml:1:1", ""},
	{"city/x.yaml", "- a\n", GT_E_STD_FILE_KIND, "city/x.yaml:1:1", ""},
};

START_TEST(a_mistake_is_told_at_its_place)
{
	bool file = strncmp(mistakes[_i].file, "city/x", 6) ==
		    0; /* beside a sound package.yaml, city@3 */

	fixture_mistake(&mistakes[_i], file ? "city@3" : "city@1");
}
END_TEST

START_TEST(what_is_extended_and_needed_comes_along)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "words/package.yaml",
		"package: words\nversion: 1.7\ntitle: {en: W, zh: 词}\nlevel: national\n");
	fixture_put(&f, "words/words.yaml", "words: all\nno_value: [无]\ntotal_row: [合计]\n");
	fixture_put(&f, "provinces/far/below/package.yaml",
		"package: city\nversion: 3.1\ntitle: {en: City, zh: 市}\nlevel: city\nextends: "
		"base@1\n"
		"divisions: [\"4201\"]\nneeds: [words@1]\n");
	ck_assert_ptr_nonnull(fixture_load(&f, "city@3", NULL));
	ck_assert_ptr_nonnull(
		gt_standard_entity(f.standard, GT_LIT("car.trip"), 2, gt_str(NULL, 0)));
	ck_assert(is_null_word(&f, GT_LIT("无")));
	fixture_end(&f);
}
END_TEST

/* A circle of two packages is told once, in finite time. */
START_TEST(a_circle_is_refused)
{
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, "a/package.yaml",
		"package: a\nversion: 1.0\ntitle: {en: A, zh: 甲}\nlevel: city\n"
		"extends: b@1\ndivisions: [\"42\"]\n");
	fixture_put(&f, "b/package.yaml",
		"package: b\nversion: 1.0\ntitle: {en: B, zh: 乙}\nlevel: city\n"
		"extends: a@1\ndivisions: [\"42\"]\n");
	fixture_load(&f, "a@1", NULL);
	fixture_expect(&f, GT_E_STD_CYCLE, "b/package.yaml:5:10", "“a” needs itself: a → b → a");
	ck_assert_uint_eq(f.diags.n, 1);
	fixture_end(&f);
}
END_TEST

START_TEST(divisions_of_overlays_do_not_collide)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "city/package.yaml", FIXTURE_OVERLAY);
	fixture_put(&f, "b/package.yaml",
		"package: b\nversion: 1.0\ntitle: {en: B, zh: 乙}\nlevel: city\n"
		"extends: base@1\ndivisions: [\"4201\"]\n");
	fixture_put(&f, "c/package.yaml",
		"package: c\nversion: 1.0\ntitle: {en: C, zh: 丙}\nlevel: city\n"
		"extends: b@1\ndivisions: [\"43\"]\n");
	fixture_load(&f, "city@3", "c@1");
	fixture_expect(
		&f, GT_E_STD_DIVISION_TAKEN, "b/package.yaml:6:13", "city/package.yaml:6:13");
	fixture_expect(&f, GT_E_STD_DIVISION_OUTSIDE, "c/package.yaml:6:13", "43");
	fixture_end(&f);
}
END_TEST

#define OVERLAY(name, level, base, division)                                                       \
	"package: " name "\nversion: 1.0\ntitle: {en: O, zh: 扩}\nlevel: " level                   \
	"\nextends: " base "\ndivisions: [\"" division "\"]\n"

/* A city that stands on the nation would not see what its province says. */
START_TEST(an_overlay_stands_on_those_around_it)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "province/package.yaml", OVERLAY("province", "province", "base@1", "42"));
	fixture_put(&f, "city/package.yaml", OVERLAY("city", "city", "base@1", "4201"));
	fixture_load(&f, "province@1", "city@1");
	fixture_expect(&f, GT_E_STD_DIVISION_AROUND, "city/package.yaml:6:13",
		"province/package.yaml:1:1");
	gt_diags_fini(&f.diags);
	fixture_put(&f, "city/package.yaml", OVERLAY("city", "city", "province@1", "4201"));
	ck_assert_ptr_nonnull(fixture_load(&f, "province@1", "city@1"));
	fixture_end(&f);
}
END_TEST

START_TEST(a_higher_level_does_not_stand_on_a_lower_one)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "city/package.yaml", OVERLAY("city", "city", "base@1", "42"));
	fixture_put(&f, "province/package.yaml", OVERLAY("province", "province", "city@1", "4201"));
	fixture_load(&f, "province@1", NULL);
	fixture_expect(&f, GT_E_STD_LEVEL, "province/package.yaml:4:8", "city/package.yaml:4:8");
	fixture_end(&f);
}
END_TEST

/* Nobody is told the whole of a circle twice. */
START_TEST(a_long_circle_is_told_once_with_its_way)
{
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, "a/package.yaml", OVERLAY("a", "city", "b@1", "42"));
	fixture_put(&f, "b/package.yaml", OVERLAY("b", "city", "c@1", "42"));
	fixture_put(&f, "c/package.yaml", OVERLAY("c", "city", "a@1", "42"));
	fixture_load(&f, "a@1", NULL);
	fixture_expect(&f, GT_E_STD_CYCLE, "c/package.yaml:5:10", "a → b → c → a");
	fixture_end(&f);
}
END_TEST

START_TEST(the_first_folder_of_the_path_wins)
{
	struct fixture f;
	char path[256];

	fixture_start(&f);
	fixture_put(&f, "one/base/package.yaml", FIXTURE_PACKAGE);
	fixture_put(&f, "one/base/words.yaml", "words: all\nno_value: [一]\n");
	fixture_put(&f, "two/base/package.yaml", FIXTURE_PACKAGE);
	fixture_put(&f, "two/base/words.yaml", "words: all\nno_value: [二]\n");
	snprintf(path, sizeof path, "%s/two:%s/one", f.folder, f.folder);
	struct gt_str spec = GT_LIT("base@1");
	f.standard = gt_standard_load(path, &spec, 1, GT_LIT("p"), &f.diags);
	ck_assert_ptr_nonnull(f.standard);
	ck_assert(is_null_word(&f, GT_LIT("二")));
	ck_assert(!is_null_word(&f, GT_LIT("一")));
	fixture_end(&f);
}
END_TEST

/* A broken package that nobody asked for does not stop the others. */
START_TEST(strangers_do_not_matter)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "broken/package.yaml", "package: [\n");
	ck_assert_ptr_nonnull(fixture_load(&f, "base@1", NULL));
	ck_assert_uint_eq(f.diags.n, 0);
	fixture_end(&f);
	fixture_start(&f);
	fixture_put(&f, "broken/package.yaml", "package: [\n");
	fixture_load(&f, "base@1", NULL);
	fixture_expect(&f, GT_E_STD_PACKAGE_UNKNOWN, ":0:0", "base@1");
	ck_assert_uint_gt(f.diags.n, 1);
	fixture_end(&f);
}
END_TEST

START_TEST(a_missing_folder_is_told)
{
	struct fixture f;

	fixture_start(&f);
	struct gt_str spec = GT_LIT("base@1");
	f.standard = gt_standard_load("/nonexistent/standards", &spec, 1, GT_LIT("p"), &f.diags);
	fixture_expect(&f, GT_E_STD_FOLDER, NULL, "/nonexistent/standards");
	fixture_end(&f);
}
END_TEST

/* A package inside another's folder is not part of it; hidden files are nobody's. */
START_TEST(a_package_ends_where_another_begins)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "base/inner/package.yaml",
		"package: inner\nversion: 1.0\ntitle: {en: I, zh: 内}\nlevel: city\n");
	fixture_put(&f, "base/inner/x.yaml", "nonsense: here\n");
	fixture_put(&f, "base/.hidden.yaml", "nonsense: here\n");
	ck_assert_ptr_nonnull(fixture_load(&f, "base@1", NULL));
	fixture_end(&f);
}
END_TEST

/* Folders that mean no good end in a diagnostic, not in endless reading. */
START_TEST(reading_is_bounded)
{
	static char comment[(4 << 20) - 100];
	struct fixture f;
	char name[128];

	fixture_start(&f);
	fixture_base(&f);
	memset(comment, '#', sizeof comment - 1);
	for (int i = 0; i < 9; i++) {
		snprintf(name, sizeof name, "base/%d.yaml", i);
		fixture_put(&f, name, comment);
	}
	fixture_load(&f, "base@1", NULL);
	fixture_expect(&f, GT_E_STD_TOO_MANY, NULL, "33554432 bytes");
	fixture_end(&f);
	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "base/1/2/3/4/5/deep.yaml", "nonsense: here\n");
	fixture_put(&f, "base/in/list.yaml",
		"codes: more\ntitle: {en: M, zh: 多}\nrows:\n  a: {en: A, zh: 甲}\n");
	snprintf(name, sizeof name, "%s/base/in/again", f.folder);
	ck_assert_int_eq(symlink(".", name), 0);
	fixture_load(&f, "base@1", NULL); /* its files again and again, but not for ever */
	fixture_expect(&f, GT_E_STD_DUPLICATE, NULL, "");
	for (size_t i = 0; i < f.diags.n; i++)
		ck_assert_int_ne(f.diags.v[i].err.code, GT_E_STD_FILE_KIND);
	fixture_end(&f);
	fixture_start(&f);
	fixture_base(&f);
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof name, "base/%d.yaml", i);
		fixture_put(&f, name, "words: more\n");
	}
	fixture_load(&f, "base@1", NULL);
	fixture_expect(&f, GT_E_STD_TOO_MANY, NULL, "2000 files");
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("packages", UNIT_LOOP(a_mistake_is_told_at_its_place, sizeof mistakes / sizeof *mistakes),
	UNIT_TEST(what_is_extended_and_needed_comes_along), UNIT_TEST(a_circle_is_refused),
	UNIT_TEST(divisions_of_overlays_do_not_collide),
	UNIT_TEST(an_overlay_stands_on_those_around_it),
	UNIT_TEST(a_higher_level_does_not_stand_on_a_lower_one),
	UNIT_TEST(a_long_circle_is_told_once_with_its_way),
	UNIT_TEST(the_first_folder_of_the_path_wins), UNIT_TEST(strangers_do_not_matter),
	UNIT_TEST(a_missing_folder_is_told), UNIT_TEST(a_package_ends_where_another_begins),
	UNIT_TEST(reading_is_bounded))
