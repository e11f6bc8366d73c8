#include "standard_fixture.h"

#define TRIP(examples)                                                                             \
	"entity: car.trip\nversion: 2.4\ntitle: {en: Trip, zh: 行程}\nkey: [no]\nelements:\n"    \
	"  no: {title: {en: Number, zh: 编号}, type: text, required: true}\n"                    \
	"  far: {title: {en: Far, zh: 里程}, type: decimal, scale: 1, unit: km}\n"               \
	"  day: {title: {en: Day, zh: 日}, type: date}\n"                                         \
	"sample: {no: A1, far: \"2\"}\nexamples:\n" examples

static const struct mistake mistakes[] = {
	{"base/trip.yaml", TRIP("  - {in: {no: B}, out: {no: B}}\n"), GT_E_OPTION_REQUIRED, NULL,
		"name"},
	{"base/trip.yaml", TRIP("  - {name: x, in: {nr: B}, out: {no: B}}\n"), GT_E_STD_ELEMENT,
		"base/trip.yaml:11:20", "nr"},
	{"base/trip.yaml", TRIP("  - {name: x, in: {no: B}, out: {dat: B}}\n"),
		GT_E_STD_ELEMENT_NEAR, "base/trip.yaml:11:34", "day"},
	{"base/trip.yaml", TRIP("  - {name: x, in: {no: [B]}, out: {no: B}}\n"),
		GT_E_OPTION_WANTS_VALUE, NULL, "no"},
	{"base/trip.yaml", TRIP("  - {name: x, in: {no: B}}\n"), GT_E_STD_EMPTY, NULL, "out"},
	{"base/trip.yaml", TRIP("  - {name: x, in: [B], out: {no: B}}\n"),
		GT_E_OPTION_WANTS_MAPPING, NULL, "in"},
	{"base/trip.yaml", TRIP("  - {name: x, in: {no: ~}, reasons: [2101]}\n"), GT_E_STD_REASON,
		NULL, "2101"},
	{"base/trip.yaml", TRIP("  - {name: x, reasons: [GTx]}\n"), GT_E_STD_REASON, NULL, "GTx"},
	{"base/trip.yaml", TRIP("  a: b\n"), GT_E_OPTION_WANTS_LIST, NULL, "examples"},
};

START_TEST(a_mistake_is_told_at_its_place)
{
	fixture_mistake(&mistakes[_i], "base@1");
}
END_TEST

static struct gt_str value(const struct gt_pair_of *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (gt_str_eq(v[i].name, gt_cstr(name)))
			return v[i].value;
	ck_abort_msg("no value of %s", name);
	return gt_str(NULL, 0);
}

START_TEST(an_example_stands_on_the_sample)
{
	struct fixture f;
	const struct gt_example *v;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "base/trip.yaml",
		TRIP("  - {name: numbers and texts, in: {far: 3公里, day: ~}, out: {no: 'a\"\\b', "
		     "far: 3.0, day: ~},\n"
		     "     flags: [far.unit-in-value]}\n"
		     "  - {name: nothing, division: \"420106\", in: {no: ~}, reasons: "
		     "[GT2101]}\n"));
	ck_assert_ptr_nonnull(fixture_load(&f, "base@1", NULL));
	ck_assert_uint_eq(gt_standard_examples(f.standard, &v), 2);
	ck_str_is(v[0].name, "numbers and texts");
	ck_str_is(v[0].entity, "car.trip@2");
	ck_assert_uint_eq(v[0].pos.line, 11);
	ck_assert_uint_eq(v[0].in_count, 3);
	ck_str_is(value(v[0].in, 3, "no"), "A1");
	ck_str_is(value(v[0].in, 3, "far"), "3公里");
	ck_assert_ptr_null(value(v[0].in, 3, "day").p);
	ck_str_is(value(v[0].out, 3, "no"), "\"a\\\"\\\\b\"");
	ck_str_is(value(v[0].out, 3, "far"), "3.0");
	ck_str_is(value(v[0].out, 3, "day"), "null");
	ck_assert_uint_eq(v[0].flag_count, 1);
	ck_str_is(v[0].flags[0], "far.unit-in-value");
	ck_str_is(v[1].division, "420106");
	ck_assert_ptr_null(value(v[1].in, v[1].in_count, "no").p);
	ck_assert_uint_eq(v[1].reason_count, 1);
	ck_str_is(v[1].reasons[0], "GT2101");
	fixture_end(&f);
}
END_TEST

/* Examples of an overlay are for its divisions, without saying so. */
START_TEST(examples_of_an_overlay)
{
	struct fixture f;
	const struct gt_example *v;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "city/package.yaml", FIXTURE_OVERLAY);
	fixture_put(&f, "city/trip.yaml",
		"extend_entity: car.trip@2\nelements:\n"
		"  extra: {title: {en: Extra, zh: 附加}, type: int}\n"
		"sample: {no: A1}\nexamples:\n  - {name: x, in: {extra: \"7\"}, out: {extra: "
		"7}}\n");
	ck_assert_ptr_nonnull(fixture_load(&f, "city@3", NULL));
	ck_assert_uint_eq(gt_standard_examples(f.standard, &v), 1);
	ck_str_is(v[0].division, "4201");
	ck_str_is(v[0].out[0].value, "7");
	fixture_end(&f);
}
END_TEST

/* A city's example of a place for which the district has an overlay, which is read later. */
START_TEST(examples_of_a_division_with_an_overlay_of_its_own)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "city/package.yaml", FIXTURE_OVERLAY);
	fixture_put(&f, "city/trip.yaml",
		"extend_entity: car.trip@2\nelements:\n"
		"  extra: {title: {en: Extra, zh: 附加}, type: int}\n"
		"sample: {no: A1}\nexamples:\n  - {name: x, division: \"420106\", in: {extra: "
		"\"7\"}, out: {extra: 7}}\n");
	fixture_put(&f, "district/package.yaml",
		"package: district\nversion: 1.0\ntitle: {en: D, zh: 区}\nlevel: district\n"
		"extends: city@3\ndivisions: [\"420106\"]\n");
	fixture_put(&f, "district/trip.yaml",
		"extend_entity: car.trip@2\nelements:\n  far: {max: 5}\n");
	ck_assert_ptr_nonnull(fixture_load(&f, "district@1", NULL));
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("examples", UNIT_LOOP(a_mistake_is_told_at_its_place, sizeof mistakes / sizeof *mistakes),
	UNIT_TEST(an_example_stands_on_the_sample), UNIT_TEST(examples_of_an_overlay),
	UNIT_TEST(examples_of_a_division_with_an_overlay_of_its_own))
