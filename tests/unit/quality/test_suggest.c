#include "quality_fixture.h"
#include "suggest.h"

static const struct gt_element *element_of(const struct gt_suggestion *s, size_t field)
{
	return s->v[field].element == SIZE_MAX ? NULL : &s->entity->elements[s->v[field].element];
}

static void maps(const struct gt_suggestion *s, size_t field, const char *name, enum gt_alike alike)
{
	ck_assert_ptr_nonnull(element_of(s, field));
	ck_assert(gt_str_eq(element_of(s, field)->name, gt_cstr(name)));
	ck_assert_int_eq(s->v[field].alike, alike);
}

START_TEST(finds_the_entity_and_its_elements)
{
	const struct gt_str fields[] = {GT_LIT("ID号"), GT_LIT("CPH"), GT_LIT("派车单号"),
		GT_LIT("plate No"), GT_LIT("data.depart_time"), GT_LIT("里程（公里）")};
	struct gt_suggested v[6];
	struct gt_suggestion s = {.v = v};

	national();
	ck_assert(gt_suggest(standard, fields, 6, &s));
	ck_assert(gt_str_eq(s.entity->name, GT_LIT("vehicle.dispatch-order")));
	ck_assert_ptr_null(element_of(&s, 0));
	maps(&s, 1, "plate_no", GT_ALIKE_EXACTLY);
	maps(&s, 2, "order_no", GT_ALIKE_EXACTLY);
	ck_assert_ptr_null(element_of(&s, 3)); /* the exact one has it */
	maps(&s, 4, "depart_time", GT_ALIKE_LOOSELY);
	maps(&s, 5, "distance", GT_ALIKE_LOOSELY);
	ck_assert_uint_eq(s.known, 4);
	drop_national();
}
END_TEST

START_TEST(finds_nothing_in_strange_names)
{
	const struct gt_str fields[] = {GT_LIT("a"), GT_LIT("b"), GT_LIT("CPHX")};
	struct gt_suggested v[3];
	struct gt_suggestion s = {.v = v};

	national();
	ck_assert(!gt_suggest(standard, fields, 3, &s));
	drop_national();
}
END_TEST

START_TEST(knows_marked_names_and_units)
{
	national();
	ck_assert(gt_suggest_marked(standard, GT_LIT("applicant")));
	ck_assert(!gt_suggest_marked(standard, GT_LIT("CPH")));
	ck_assert_ptr_null(gt_heading_unit(standard, GT_LIT("用电量")));
	ck_assert_ptr_null(gt_heading_unit(standard, GT_LIT("用电量(本月)")));
	const struct gt_unit *unit = gt_heading_unit(standard, GT_LIT("用电量（万kWh）"));
	ck_assert_ptr_nonnull(unit);
	ck_assert(gt_str_eq(unit->quantity, GT_LIT("energy")));
	drop_national();
}
END_TEST

UNIT_MAIN("suggest", UNIT_TEST(finds_the_entity_and_its_elements),
	UNIT_TEST(finds_nothing_in_strange_names), UNIT_TEST(knows_marked_names_and_units))
