#include "expr.h"
#include "standard_fixture.h"

#define ELEMENTS                                                                                   \
	"elements:\n"                                                                              \
	"  no: {title: {en: Number, zh: 编号}, type: text, required: true}\n"                    \
	"  left: {title: {en: Left, zh: 出发}, type: time}\n"                                    \
	"  back: {title: {en: Back, zh: 返回}, type: time}\n"                                    \
	"  far: {title: {en: Far, zh: 里程}, type: decimal, scale: 1, unit: km}\n"               \
	"  near: {title: {en: Near, zh: 近}, type: decimal, scale: 2, unit: km}\n"
#define HEAD "entity: car.trip\nversion: 2.4\ntitle: {en: Trip, zh: 行程}\n"
#define RULE(check)                                                                                \
	HEAD "key: no\n" ELEMENTS "rules:\n  r: {title: {en: R, zh: 规}, check: " check "}\n"
#define AT(line, column) "base/trip.yaml:" #line ":" #column

/* one is computed from an expression, two from one. */
#define DERIVE(text, unit, protection)                                                             \
	HEAD "key: no\n" ELEMENTS                                                                  \
	     "  one: {title: {en: O, zh: 一}, type: decimal, scale: 1, unit: " unit ", derive: "   \
	     "\"" text "\"" protection "}\n"                                                       \
	     "  two: {title: {en: T, zh: 二}, type: decimal, scale: 1, unit: " unit                \
	     ", derive: one}\n"
#define COAL(to, per, factor)                                                                      \
	"coefficients: coal\nto: " to "\ntitle: {en: Coal, zh: 煤}\nrows:\n  heat: {per: " per     \
	", factor: " factor "}\n"

static const struct mistake mistakes[] = {
	{"base/trip.yaml", "entity: car.trip\nversion: 2.4\nkey: no\n" ELEMENTS,
		GT_E_OPTION_REQUIRED, NULL, "title"},
	{"base/trip.yaml", "entity: car.trip\nversion: 2.4\ntitle: {en: Trip}\nkey: no\n" ELEMENTS,
		GT_E_OPTION_REQUIRED, NULL, "zh"},
	{"base/trip.yaml", HEAD "keys: no\n" ELEMENTS, GT_E_OPTION_UNKNOWN_NEAR, AT(4, 1), "key"},
	{"base/trip.yaml", HEAD "key: []\n" ELEMENTS, GT_E_STD_EMPTY, AT(4, 6), "key"},
	{"base/trip.yaml", HEAD "key: [no, lefd]\n" ELEMENTS, GT_E_STD_ELEMENT_NEAR, AT(4, 11),
		"left"},
	{"base/trip.yaml", HEAD "key: nothing\n" ELEMENTS, GT_E_STD_ELEMENT, AT(4, 6), "nothing"},
	{"base/trip.yaml", HEAD "key: [no, left]\n" ELEMENTS, GT_E_STD_KEY_OPTIONAL, AT(4, 11),
		"left"},
	{"base/trip.yaml", HEAD "key: no\nevent_time: far\n" ELEMENTS, GT_E_STD_EVENT_TIME,
		AT(5, 13), "decimal"},
	{"base/trip.yaml", HEAD "key: no\nevent_time: lift\n" ELEMENTS, GT_E_STD_ELEMENT_NEAR,
		AT(5, 13), "left"},
	{"base/trip.yaml", "entity: trip\nversion: 2.4\ntitle: {en: T, zh: 行}\nkey: no\n" ELEMENTS,
		GT_E_STD_NAME, AT(1, 9), "domain.entity"},
	{"base/trip.yaml",
		"entity: car.Trip\nversion: 2.4\ntitle: {en: T, zh: 行}\nkey: no\n" ELEMENTS,
		GT_E_STD_NAME, AT(1, 9), "Trip"},
	{"base/trip.yaml",
		"entity: car.trip\nversion: 0.4\ntitle: {en: T, zh: 行}\nkey: no\n" ELEMENTS,
		GT_E_STD_VERSION, AT(2, 10), "0.4"},
	{"base/trip.yaml", HEAD "key: no\n", GT_E_STD_EMPTY, NULL, "elements"},
	{"base/zz.yaml", HEAD "key: no\n" ELEMENTS, GT_E_STD_DUPLICATE, "base/zz.yaml:1:9",
		"base/trip.yaml:1:9"},
	{"base/trip.yaml", RULE("left"), GT_E_EXPR_RESULT, NULL, "a condition is needed"},
	{"base/trip.yaml", RULE("left <= back or far"), GT_E_EXPR_TYPES, NULL, "“or” does not go"},
	{"base/trip.yaml", RULE("left <= bak"), GT_E_EXPR_NAME_NEAR, NULL, "back"},
	{"base/trip.yaml", RULE("left <= far"), GT_E_EXPR_TYPES, NULL, "a time and a number"},
	{"base/trip.yaml", DERIVE("one + 1", "km", ""), GT_E_STD_DERIVE_CYCLE, AT(11, 76), "“one”"},
	{"base/trip.yaml", DERIVE("far", "m", ", protection: mask"), GT_E_STD_DERIVE_PROTECTED,
		AT(12, 74), "“two” is open but computed from the protected “one”"},
	{"base/trip.yaml", DERIVE("left", "km", ""), GT_E_EXPR_RESULT, AT(11, 76),
		"gives a time where a number is needed"},
	{"base/coal.yaml", COAL("km", "furlong", "1"), GT_E_STD_UNIT, "base/coal.yaml:5:15", ""},
	{"base/coal.yaml", COAL("mile", "km", "1"), GT_E_STD_UNIT, "base/coal.yaml:2:5", "mile"},
	{"base/coal.yaml", COAL("m", "km", "-1"), GT_E_STD_COEFFICIENT, "base/coal.yaml:5:27",
		"“-1”"},
	{"base/coal.yaml", COAL("m", "km", "0"), GT_E_STD_COEFFICIENT, NULL, "“0”"},
	{"base/coal.yaml", COAL("m", "km", "0.1234567890123"), GT_E_STD_COEFFICIENT, NULL, ""},
	{"base/trip.yaml", RULE("no <= no"), GT_E_EXPR_TYPES, NULL, "a text and a text"},
	{"base/trip.yaml",
		HEAD "key: no\n" ELEMENTS "rules:\n  r: {title: {en: R, zh: 规}, check: left <= "
		     "back, on_breach: stop}\n",
		GT_E_OPTION_CHOICE, NULL, "stop"},
	{"base/trip.yaml", HEAD "key: no\n" ELEMENTS "rules: []\n", GT_E_OPTION_WANTS_MAPPING, NULL,
		"rules"},
	{"base/trip.yaml", HEAD "key: no\n" ELEMENTS "  no: {title: {en: N, zh: 号}, type: text}\n",
		GT_E_OPTION_DUPLICATE, AT(11, 3), "no"},
};

START_TEST(a_mistake_is_told_at_its_place)
{
	fixture_mistake(&mistakes[_i], "base@1");
}
END_TEST

START_TEST(what_was_written_is_there)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "base/trip.yaml",
		HEAD
		"key: [no]\nevent_time: left\nsource: GB 1\n"
		"status: verified\n" ELEMENTS
		"  hue: {title: {en: Hue, zh: 色}, type: code, codes: colour, source: GB 2,\n"
		"    status: unconfirmed, synonyms: [YS, 颜色], protection: mask,\n"
		"    definition: {en: What hue., zh: 何色。}}\n"
		"rules:\n"
		"  a-b: {title: {en: A, zh: 甲}, check: left <= back, on_breach: reject}\n"
		"  b-c: {title: {en: B, zh: 乙}, check: has(back) or not has(far)}\n"
		"  c-d: {title: {en: C, zh: 丙}, check: has(far) or has(near), on_breach: flag}\n");
	ck_assert_ptr_nonnull(fixture_load(&f, "base@1", NULL));
	const struct gt_entity *entity =
		gt_standard_entity(f.standard, GT_LIT("car.trip"), 2, GT_LIT("420106"));
	ck_str_is(entity->schema, "urn:jgsw:car:trip:2.4");
	ck_str_is(entity->domain, "car");
	ck_str_is(entity->entity, "trip");
	ck_assert_uint_eq(entity->n, 6);
	ck_assert_uint_eq(entity->key_count, 1);
	ck_assert_uint_eq(entity->key[0], 0);
	ck_assert_int_eq(entity->event_time, 1);
	ck_assert(entity->restricted);
	const struct gt_element *hue = &entity->elements[5], *left = &entity->elements[1];
	ck_str_is(hue->source, "GB 2");
	ck_assert_int_eq(hue->status, GT_UNCONFIRMED);
	ck_assert_int_eq(left->status, GT_VERIFIED);
	ck_str_is(left->source, "GB 1");
	ck_assert_uint_eq(hue->synonym_count, 2);
	ck_str_is(hue->synonyms[1], "颜色");
	ck_assert_int_eq(hue->protection, GT_MASK);
	ck_str_is(hue->definition.zh, "何色。");
	ck_str_is(hue->codes->name, "colour");
	ck_str_is(hue->layer, "base");
	ck_assert_uint_eq(hue->pos.line, 14);
	ck_assert_uint_eq(entity->rule_count, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(entity->rules[i].reject, i == 0);
	ck_str_is(entity->rules[1].check->text, "has(back) or not has(far)");
	ck_assert_ptr_null(gt_standard_entity(f.standard, GT_LIT("car.trip"), 1, gt_str(NULL, 0)));
	ck_assert_ptr_null(gt_standard_entity(f.standard, GT_LIT("car.tripe"), 2, gt_str(NULL, 0)));
	fixture_end(&f);
}
END_TEST

/* More elements or rules than the limits: refused at once, not read. */
START_TEST(too_many_are_refused)
{
	static char text[200000];
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	size_t n = (size_t)sprintf(text, "%s", HEAD "key: no\n" ELEMENTS);
	for (int i = 0; i < 500; i++)
		n += (size_t)sprintf(text + n, "  x%d: {title: {en: X, zh: 某}, type: int}\n", i);
	fixture_put(&f, "base/trip.yaml", text);
	fixture_load(&f, "base@1", NULL);
	fixture_expect(&f, GT_E_STD_TOO_MANY, AT(6, 3), "elements");
	fixture_end(&f);
	fixture_start(&f);
	fixture_base(&f);
	n = (size_t)sprintf(text, "%s", HEAD "key: no\n" ELEMENTS "rules:\n");
	for (int i = 0; i < 33; i++)
		n += (size_t)sprintf(text + n,
			"  x%d: {title: {en: X, zh: 某}, check: has(far) or has(near)}\n", i);
	fixture_put(&f, "base/trip.yaml", text);
	fixture_load(&f, "base@1", NULL);
	fixture_expect(&f, GT_E_STD_TOO_MANY, AT(12, 3), "rules");
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("entity", UNIT_LOOP(a_mistake_is_told_at_its_place, sizeof mistakes / sizeof *mistakes),
	UNIT_TEST(what_was_written_is_there), UNIT_TEST(too_many_are_refused))
