#include "standard_fixture.h"

#define HEAD                                                                                       \
	"substances: density\ntitle: {en: Densities, zh: 密度}\nfrom: volume\nto: mass\nrows:\n"
#define ENTITY(more)                                                                               \
	"entity: car.trip\nversion: 2.4\ntitle: {en: Trip, zh: 行程}\nkey: [no]\nelements:\n"    \
	"  no: {title: {en: Number, zh: 编号}, type: text, required: true}\n" more

static const struct mistake mistakes[] = {
	{"base/s.yaml", HEAD "  oil: {en: Oil, zh: 油, factor: heavy}\n", GT_E_STD_DENSITY,
		"base/s.yaml:6:33", "heavy"},
	{"base/s.yaml", HEAD "  oil: {en: Oil, zh: 油, factor: \"0\"}\n", GT_E_STD_DENSITY, NULL,
		"0"},
	{"base/s.yaml", HEAD "  Oil: {en: Oil, zh: 油, factor: \"1\"}\n", GT_E_STD_NAME, NULL,
		"Oil"},
	{"base/trip.yaml",
		ENTITY("  f: {title: {en: F, zh: 油}, type: decimal, unit: km, "
		       "substance: gold}\n"),
		GT_E_STD_SUBSTANCE, "base/trip.yaml:7:66", "gold"},
	{"base/trip.yaml", ENTITY("  f: {title: {en: F, zh: 油}, type: text, substance: gold}\n"),
		GT_E_STD_NOT_FOR_TYPE, NULL, "substance"},
	{"base/trip.yaml", ENTITY("  f: {title: {en: F, zh: 油}, type: decimal, list: true}\n"),
		GT_E_STD_NOT_FOR_TYPE, NULL, "list"},
	{"base/trip.yaml",
		ENTITY("  f: {title: {en: F, zh: 油}, type: text, list: true, protection: mask}\n"),
		GT_E_STD_LIST_MARKED, NULL, "list:"},
	{"base/trip.yaml",
		"entity: car.trip\nversion: 2.4\ntitle: {en: Trip, zh: 行程}\nkey: "
		"[no]\nelements:\n"
		"  no: {title: {en: Number, zh: 编号}, type: text, required: true, list: true}\n",
		GT_E_STD_KEY_LIST, "base/trip.yaml:4:7", "no"},
	{"base/trip.yaml",
		ENTITY("  f: {title: {en: F, zh: 油}, type: int}\n"
		       "rules:\n  r: {title: {en: R, zh: 则}, check: f lies-in no}\n"),
		GT_E_STD_NOT_FOR_TYPE, NULL, "lies-in"},
};

START_TEST(a_mistake_is_told_at_its_place)
{
	fixture_mistake(&mistakes[_i], "base@1");
}
END_TEST

START_TEST(a_near_name_is_suggested)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "base/s.yaml", HEAD "  diesel: {en: Diesel, zh: 柴油, factor: \"0.84\"}\n");
	fixture_put(&f, "base/trip.yaml",
		ENTITY("  f: {title: {en: F, zh: 油}, type: decimal, unit: km, substance: "
		       "diesl}\n"));
	(void)fixture_load(&f, "base@1", NULL);
	fixture_expect(&f, GT_E_STD_SUBSTANCE_NEAR, NULL, "diesel");
	fixture_end(&f);
}
END_TEST

START_TEST(a_density_is_an_exact_fraction)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "base/s.yaml",
		HEAD "  diesel: {en: Diesel, zh: 柴油, factor: \"0.84\", assumed: true}\n");
	fixture_put(&f, "base/trip.yaml",
		ENTITY("  f: {title: {en: F, zh: 油}, type: decimal, unit: km, substance: diesel}\n"
		       "  g: {title: {en: G, zh: 称}, type: text, list: true}\n"));
	ck_assert_ptr_nonnull(fixture_load(&f, "base@1", NULL));
	const struct gt_entity *entity =
		gt_standard_entity(f.standard, GT_LIT("car.trip"), 2, gt_str(NULL, 0));
	const struct gt_substance *diesel = entity->elements[1].substance;
	ck_assert_int_eq(diesel->num * 25, diesel->den * 21);
	ck_assert(diesel->assumed);
	ck_str_is(diesel->from, "volume");
	ck_assert(entity->elements[2].list);
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("substances",
	UNIT_LOOP(a_mistake_is_told_at_its_place, sizeof mistakes / sizeof *mistakes),
	UNIT_TEST(a_near_name_is_suggested), UNIT_TEST(a_density_is_an_exact_fraction))
