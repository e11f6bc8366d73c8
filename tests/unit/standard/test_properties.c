#include "properties.h"
#include "standard_fixture.h"

#define PROVINCE                                                                                   \
	"package: province\nversion: 1.0\ntitle: {en: Province, zh: 省}\nlevel: province\n"       \
	"extends: base@1\ndivisions: [\"42\"]\n"
#define CITY                                                                                       \
	"package: city\nversion: 3.1\ntitle: {en: City, zh: 市}\nlevel: city\n"                   \
	"extends: province@1\ndivisions: [\"4201\"]\n"

static const struct gt_property *property(const char *name)
{
	for (const struct gt_property *p = gt_properties; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static void comes_from(const struct gt_layer *layers, size_t n, const char *element,
	const char *name, const char *value, const char *package)
{
	const struct gt_element *e = gt_entity_element(layers[n - 1].entity, gt_cstr(element));
	struct gt_buf text;

	ck_assert_ptr_nonnull(e);
	gt_buf_init(&text, 4096);
	property(name)->put(e, &text);
	ck_assert_str_eq(gt_buf_cstr(&text), value);
	ck_assert_msg(
		gt_str_eq(gt_layer_of(layers, n, e, property(name))->package, gt_cstr(package)),
		"%s.%s", element, name);
	gt_buf_fini(&text);
}

START_TEST(each_property_names_the_layer_that_made_it)
{
	struct gt_layer layers[GT_LAYERS_MAX];
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "province/package.yaml", PROVINCE);
	fixture_put(&f, "province/trip.yaml",
		"extend_entity: car.trip@2\nelements:\n"
		"  far: {max: 500}\n  left: {required: true}\n"
		"  escort: {title: {en: Escort, zh: 随行}, type: text, max_length: 30}\n");
	fixture_put(&f, "city/package.yaml", CITY);
	fixture_put(&f, "city/codes.yaml",
		"extend_codes: colour\nrows:\n  mauve: {en: Mauve, zh: 紫}\n");
	fixture_put(&f, "city/trip.yaml",
		"extend_entity: car.trip@2\nelements:\n  far: {min: 1}\n  escort: {max_length: "
		"20}\n");
	ck_assert_ptr_nonnull(fixture_load(&f, "city@3", NULL));
	size_t n = gt_standard_layers(f.standard, GT_LIT("car.trip"), 2, GT_LIT("420106"), layers);
	ck_assert_uint_eq(n, 3);
	ck_str_is(layers[0].package, "base");
	ck_str_is(layers[1].package, "province");
	ck_str_is(layers[2].package, "city");
	comes_from(layers, n, "far", "max", "500.0", "province");
	comes_from(layers, n, "far", "min", "1.0", "city");
	comes_from(layers, n, "far", "unit", "km", "base");
	comes_from(layers, n, "left", "required", "true", "province");
	comes_from(layers, n, "left", "max", "2100-01-01", "base");
	comes_from(layers, n, "hue", "codes", "colour", "city");
	comes_from(layers, n, "escort", "title", "随行 · Escort", "province");
	comes_from(layers, n, "escort", "max_length", "20", "city");
	/* Another city of the province, and another province. */
	ck_assert_uint_eq(
		gt_standard_layers(f.standard, GT_LIT("car.trip"), 2, GT_LIT("420500"), layers), 2);
	ck_str_is(layers[1].package, "province");
	ck_assert_uint_eq(
		gt_standard_layers(f.standard, GT_LIT("car.trip"), 2, GT_LIT("110101"), layers), 1);
	ck_assert_uint_eq(
		gt_standard_layers(f.standard, GT_LIT("car.trip"), 1, GT_LIT("420106"), layers), 0);
	fixture_end(&f);
}
END_TEST

START_TEST(a_city_may_not_undo_its_province)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "province/package.yaml", PROVINCE);
	fixture_put(&f, "province/trip.yaml",
		"extend_entity: car.trip@2\nelements:\n  far: {max: 500}\n  left: {required: "
		"true}\n");
	fixture_put(&f, "city/package.yaml", CITY);
	fixture_put(&f, "city/trip.yaml",
		"extend_entity: car.trip@2\nelements:\n  far: {max: 501}\n  left: {required: "
		"false}\n");
	ck_assert_ptr_null(fixture_load(&f, "city@3", NULL));
	fixture_expect(&f, GT_E_STD_OVERLAY_WIDENS, "city/trip.yaml:3:14", "500.0");
	fixture_expect(&f, GT_E_STD_OVERLAY_DROPS, "city/trip.yaml:4:20", "left");
	fixture_end(&f);
}
END_TEST

START_TEST(all_packages_of_a_path_are_named)
{
	const struct gt_str *specs;
	struct gt_arena memory;
	struct gt_diags diags = {0};
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "city/package.yaml", FIXTURE_OVERLAY);
	gt_arena_init(&memory, 0);
	ck_assert_uint_eq(gt_standard_packages(f.folder, &memory, &diags, &specs), 2);
	ck_str_is(specs[0], "base@1");
	ck_str_is(specs[1], "city@3");
	gt_arena_fini(&memory);
	gt_diags_fini(&diags);
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("properties", UNIT_TEST(each_property_names_the_layer_that_made_it),
	UNIT_TEST(a_city_may_not_undo_its_province), UNIT_TEST(all_packages_of_a_path_are_named))
