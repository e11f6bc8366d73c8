#include "standard_fixture.h"

START_TEST(mistakes_of_all_files_come_in_one_run)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "base/units.yaml",
		"units: length\ntitle: {en: Length, zh: 长度}\nrows:\n"
		"  m: {factor: x}\n  km: {factor: 1000}\n");
	fixture_put(&f, "base/codes.yaml",
		"codes: colour\ntitle: {en: C, zh: 色}\nrows:\n"
		"  red: {en: Red, zh: 红, from: 2020-13-01}\n");
	fixture_put(&f, "base/more.yaml", "nothing: here\n");
	fixture_put(&f, "base/odd.yaml", "a: [\n");
	fixture_put(&f, "base/trip.yaml",
		"entity: car.trip\nversion: 2\ntitle: {en: T, zh: 行}\n"
		"key: [no]\nelements:\n  no: {title: {en: N, zh: 号}, type: txt, required: true}\n"
		"  far: {title: {en: F, zh: 远}, type: decimal, unit: lm}\n");
	fixture_load(&f, "base@1", "elsewhere@1");
	fixture_expect(&f, GT_E_STD_FACTOR, "base/units.yaml:4:15", "x");
	fixture_expect(&f, GT_E_STD_DAY, "base/codes.yaml:4:31", "2020-13-01");
	fixture_expect(&f, GT_E_STD_FILE_KIND, "base/more.yaml:1:1", "");
	fixture_expect(&f, GT_E_STD_VERSION, "base/trip.yaml:2:10", "2");
	fixture_expect(&f, GT_E_OPTION_CHOICE_NEAR, "base/trip.yaml:6:37", "text");
	fixture_expect(&f, GT_E_STD_UNIT, "base/trip.yaml:7:53", "lm");
	fixture_expect(&f, GT_E_STD_PACKAGE_UNKNOWN, NULL, "elsewhere@1");
	fixture_end(&f);
}
END_TEST

static void load_named(struct fixture *f, char digest[65])
{
	ck_assert_ptr_nonnull(fixture_load(f, "base@1", NULL));
	struct gt_str hex = gt_standard_digest(f->standard);
	ck_assert_uint_eq(hex.n, 64);
	memcpy(digest, hex.p, 64);
	digest[64] = 0;
	gt_standard_unref(f->standard);
	f->standard = NULL;
}

START_TEST(the_digest_covers_every_file)
{
	struct fixture f;
	char first[65], again[65], changed[65], package[65];

	fixture_start(&f);
	fixture_base(&f);
	load_named(&f, first);
	load_named(&f, again);
	fixture_put(&f, "base/words.yaml", "words: all\nno_value: [无]\n");
	load_named(&f, changed);
	fixture_put(&f, "base/package.yaml", FIXTURE_PACKAGE "# a comment\n");
	load_named(&f, package);
	ck_assert_str_eq(first, again);
	ck_assert_str_ne(first, changed);
	ck_assert_str_ne(changed, package);
	fixture_end(&f);
}
END_TEST

START_TEST(it_lives_until_the_last_reference_goes)
{
	struct fixture f;
	const struct gt_entity *const *entities;

	fixture_start(&f);
	fixture_base(&f);
	ck_assert_ptr_nonnull(fixture_load(&f, "base@1", NULL));
	ck_assert_ptr_eq(gt_standard_ref(f.standard), f.standard);
	gt_standard_unref(f.standard);
	ck_assert_uint_eq(gt_standard_entities(f.standard, &entities), 1);
	ck_str_is(entities[0]->name, "car.trip");
	gt_standard_unref(NULL);
	fixture_end(&f);
}
END_TEST

/* The overlay is chosen by division; an unknown one and none are the base. */
START_TEST(no_division_is_the_base)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	ck_assert_ptr_nonnull(fixture_load(&f, "base@1", NULL));
	const struct gt_entity *none =
		gt_standard_entity(f.standard, GT_LIT("car.trip"), 2, gt_str(NULL, 0));
	ck_assert_ptr_nonnull(none);
	ck_assert_ptr_eq(
		gt_standard_entity(f.standard, GT_LIT("car.trip"), 2, GT_LIT("999")), none);
	ck_assert_uint_eq(gt_standard_variants(f.standard, GT_LIT("car.trip"), 2), 1);
	ck_assert_uint_eq(gt_standard_variants(f.standard, GT_LIT("no.such"), 2), 0);
	ck_assert_uint_eq(
		gt_standard_variant_for(f.standard, GT_LIT("no.such"), 2, GT_LIT("42")), 0);
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("standard", UNIT_TEST(mistakes_of_all_files_come_in_one_run),
	UNIT_TEST(the_digest_covers_every_file), UNIT_TEST(it_lives_until_the_last_reference_goes),
	UNIT_TEST(no_division_is_the_base))
