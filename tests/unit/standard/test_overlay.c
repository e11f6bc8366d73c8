#include "standard_fixture.h"

#define EXTEND(rest) "extend_entity: car.trip@2\nelements:\n" rest
#define CODES(row) "extend_codes: colour\nrows:\n  " row "\n"
#define AT(column) "city/trip.yaml:3:" #column

static const struct mistake mistakes[] = {
	{"city/trip.yaml", EXTEND("  far: {type: int}\n"), GT_E_STD_OVERLAY_CHANGES, AT(15),
		"decimal"},
	{"city/trip.yaml", EXTEND("  far: {unit: m}\n"), GT_E_STD_OVERLAY_CHANGES, AT(15), "“km”"},
	{"city/trip.yaml", EXTEND("  far: {unit: m}\n"), GT_E_STD_OVERLAY_CHANGES, AT(15),
		"base/trip.yaml:10:66"},
	{"city/trip.yaml", EXTEND("  far: {scale: 2}\n"), GT_E_STD_OVERLAY_CHANGES, AT(16),
		"scale"},
	{"city/trip.yaml", EXTEND("  far: {title: {en: Far, zh: 远}}\n"), GT_E_STD_OVERLAY_CHANGES,
		AT(16), "里程"},
	{"city/trip.yaml", EXTEND("  far: {definition: {en: Else., zh: 别的。}}\n"),
		GT_E_STD_OVERLAY_CHANGES, NULL, "definition"},
	{"city/trip.yaml", EXTEND("  hue: {codes: shape}\n"), GT_E_STD_OVERLAY_CHANGES, AT(16),
		"colour"},
	{"city/trip.yaml", EXTEND("  no: {format: vin}\n"), GT_E_STD_OVERLAY_CHANGES, AT(16),
		"none"},
	{"city/trip.yaml", EXTEND("  who: {protection: open}\n"), GT_E_STD_OVERLAY_CHANGES, AT(21),
		"pseudonym"},
	{"city/trip.yaml", EXTEND("  far: {max: 901}\n"), GT_E_STD_OVERLAY_WIDENS, AT(14), "900.5"},
	{"city/trip.yaml", EXTEND("  far: {min: -1}\n"), GT_E_STD_OVERLAY_WIDENS, AT(14), "0.0"},
	{"city/trip.yaml", EXTEND("  left: {max: 2101-01-01}\n"), GT_E_STD_OVERLAY_WIDENS, AT(15),
		"2100-01-01"},
	{"city/trip.yaml", EXTEND("  no: {max_length: 21}\n"), GT_E_STD_OVERLAY_WIDENS, AT(20),
		"20"},
	{"city/trip.yaml", EXTEND("  no: {required: false}\n"), GT_E_STD_OVERLAY_DROPS, AT(18),
		"base/trip.yaml:7:59"},
	{"city/trip.yaml", EXTEND("  far: {source: elsewhere}\n"), GT_E_STD_OVERLAY_CHANGES, AT(17),
		"source"},
	{"city/trip.yaml", EXTEND("  far: {status: verified}\n"), GT_E_STD_OVERLAY_CHANGES, AT(17),
		"unconfirmed"},
	{"city/trip.yaml", EXTEND("  who: {protection: mask}\n"), GT_E_STD_OVERLAY_CHANGES, AT(21),
		"base/trip.yaml:12:58"},
	{"city/trip.yaml", EXTEND("  far: ~\n"), GT_E_STD_OVERLAY_REMOVES, AT(8),
		"base/trip.yaml:10:3"},
	{"city/trip.yaml", EXTEND("  far: {pattern: '1'}\n"), GT_E_STD_NOT_FOR_TYPE, AT(18),
		"pattern"},
	{"city/trip.yaml", EXTEND("  left: {max_length: 3}\n"), GT_E_STD_NOT_FOR_TYPE, AT(22),
		"max_length"},
	{"city/trip.yaml", EXTEND("  hue: {min: 3}\n"), GT_E_STD_NOT_FOR_TYPE, AT(14), "min"},
	{"city/trip.yaml", EXTEND("  far: {max: 2, min: 3}\n"), GT_E_STD_LIMITS, NULL, "3.0"},
	{"city/trip.yaml", EXTEND("  far: {max: -2}\n"), GT_E_STD_LIMITS, AT(14), "0.0"},
	{"city/trip.yaml", EXTEND("  extra: {type: text}\n"), GT_E_OPTION_REQUIRED, NULL, "title"},
	{"city/trip.yaml", "extend_entity: car.trap@2\n", GT_E_STD_ENTITY_NEAR,
		"city/trip.yaml:1:16", "car.trip@2"},
	{"city/trip.yaml", "extend_entity: housing@2\n", GT_E_STD_ENTITY, "city/trip.yaml:1:16",
		"housing"},
	{"city/trip.yaml", "extend_entity: car.trip@2\nelements: []\n", GT_E_OPTION_WANTS_MAPPING,
		NULL, "elements"},
	{"city/trip.yaml",
		"extend_entity: car.trip@2\nrules:\n  in-order: {title: {en: R, zh: 规}, check: "
		"has(far) or has(hue)}\n",
		GT_E_STD_OVERLAY_RULE, "city/trip.yaml:3:3", "base/trip.yaml:14:3"},
	{"city/codes.yaml", "extend_codes: colour\nrows:\n  red: ~\n", GT_E_STD_OVERLAY_REMOVES,
		"city/codes.yaml:3:8", "base/codes.yaml:5:3"},
	{"city/codes.yaml", CODES("red: {to: 2024-01-01}"), GT_E_STD_OVERLAY_CODE,
		"city/codes.yaml:3:13", "base/codes.yaml:5:3"},
	{"city/codes.yaml", CODES("red: {from: 2024-01-01}"), GT_E_STD_OVERLAY_CODE,
		"city/codes.yaml:3:15", "from"},
	{"city/codes.yaml", CODES("red: {successor: pink}"), GT_E_STD_OVERLAY_CODE,
		"city/codes.yaml:3:20", "successor"},
	{"city/codes.yaml", CODES("red: {en: Crimson, zh: 红}"), GT_E_STD_OVERLAY_CODE,
		"city/codes.yaml:3:13", "“en”"},
	{"city/codes.yaml", CODES("red: {zh: 绯}"), GT_E_STD_OVERLAY_CODE, "city/codes.yaml:3:13",
		"“zh”"},
	{"city/codes.yaml", CODES("red: {synonyms: [粉]}"), GT_E_STD_WORD_TWICE, NULL, "pink"},
	{"city/codes.yaml", CODES("mauve: {zh: 紫}"), GT_E_OPTION_REQUIRED, "city/codes.yaml:3:10",
		"“en”"},
	{"city/codes.yaml", CODES("mauve: {en: Mauve, zh: 紫, successor: 红}"), GT_E_STD_CODE,
		"city/codes.yaml:3:40", "红"},
	{"city/codes.yaml", "codes: colour\ntitle: {en: C, zh: 色}\nrows:\n  a: {en: A, zh: 甲}\n",
		GT_E_STD_DUPLICATE, "city/codes.yaml:1:8", "base/codes.yaml:1:1"},
	{"city/units.yaml", "units: length\ntitle: {en: L, zh: 长}\nrows:\n  km: {factor: 999}\n",
		GT_E_STD_DUPLICATE, "city/units.yaml:4:3", "base/units.yaml:5:3"},
	{"city/entity.yaml",
		"entity: car.trip\nversion: 2.0\ntitle: {en: T, zh: 行}\nkey: [no]\nelements:\n  "
		"no: "
		"{title: {en: N, zh: 号}, type: text, required: true}\n",
		GT_E_STD_DUPLICATE, "city/entity.yaml:1:9", "base/trip.yaml:1:9"},
	{"city/words.yaml", "words: all\nno_value: [零]\n", GT_E_STD_BASE_ONLY,
		"city/words.yaml:1:8", "words"},
	{"city/divisions.yaml", "divisions: d\ntitle: {en: D, zh: 区}\ntables: [d.csv]\n",
		GT_E_STD_BASE_ONLY, "city/divisions.yaml:1:12", "divisions"},
	{"city/trip.yaml", "extend_entity: car.trip@2\nkey: [no]\n", GT_E_OPTION_UNKNOWN, NULL,
		"key"},
	{"base/more.yaml", "extend_entity: car.trip@2\n", GT_E_STD_NOT_OVERLAY,
		"base/more.yaml:1:16", "extend_entity"},
};

START_TEST(a_mistake_is_told_at_its_place)
{
	fixture_mistake(
		&mistakes[_i], strncmp(mistakes[_i].file, "city/", 5) == 0 ? "city@3" : "base@1");
}
END_TEST

static const struct gt_entity *trip(const struct fixture *f, const char *division)
{
	return gt_standard_entity(f->standard, GT_LIT("car.trip"), 2, gt_cstr(division));
}

START_TEST(an_overlay_adds_and_narrows)
{
	struct fixture f;

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "city/package.yaml", FIXTURE_OVERLAY);
	fixture_put(&f, "city/codes.yaml",
		"extend_codes: colour\nstatus: unconfirmed\nsource: the city\nrows:\n"
		"  mauve: {en: Mauve, zh: 紫, successor: red}\n"
		"  red: {en: Red, zh: 红, synonyms: [绯]}\n  pink: {synonyms: [桃红]}\n");
	fixture_put(&f, "city/trip.yaml",
		EXTEND("  far: {max: 100, type: decimal, unit: km, synonyms: [LC]}\n"
		       "  left: {required: true}\n"
		       "  no: {pattern: 'A.*', protection: mask}\n"
		       "  extra: {title: {en: Extra, zh: 附加}, type: code, codes: colour}\n") "rul"
											       "es:"
											       "\n "
											       " mo"
											       "re:"
											       " {"
											       "tit"
											       "le:"
											       " {"
											       "en:"
											       " Mo"
											       "re,"
											       " zh"
											       ": "
											       "更}"
											       ", "
											       "che"
											       "ck:"
											       " ha"
											       "s("
											       "ext"
											       "ra)"
											       " or"
											       " no"
											       "t "
											       "has"
											       "(hu"
											       "e)}"
											       "\n");
	ck_assert_ptr_nonnull(fixture_load(&f, "base@1", "city@3"));
	const struct gt_entity *base = trip(&f, ""), *city = trip(&f, "420106");
	ck_assert_ptr_eq(trip(&f, "420206"), base);
	ck_assert_ptr_eq(trip(&f, "42"), base);
	ck_assert_uint_eq(gt_standard_variants(f.standard, GT_LIT("car.trip"), 2), 2);
	ck_assert_ptr_eq(gt_standard_variant(f.standard, GT_LIT("car.trip"), 2, 0), base);
	ck_assert_ptr_eq(gt_standard_variant(f.standard, GT_LIT("car.trip"), 2, 1), city);
	ck_assert_ptr_null(gt_standard_variant(f.standard, GT_LIT("car.trip"), 2, 2));
	ck_assert_uint_eq(
		gt_standard_variant_for(f.standard, GT_LIT("car.trip"), 2, GT_LIT("420106")), 1);
	ck_str_is(city->schema, "urn:jgsw:car:trip:2.4+city.3");
	ck_str_is(city->overlay, "city.3");
	ck_assert_uint_eq(base->overlay.n, 0);
	/* The same elements at the same places, new ones behind. */
	ck_assert_uint_eq(base->n, 6);
	ck_assert_uint_eq(city->n, 7);
	for (size_t i = 0; i < base->n; i++)
		ck_assert(gt_str_eq(base->elements[i].name, city->elements[i].name));
	ck_assert_int_eq(base->elements[3].max, 9005);
	ck_assert_int_eq(city->elements[3].max, 1000);
	ck_assert_int_eq(city->elements[3].min, 0);
	ck_str_is(city->elements[3].synonyms[0], "LC");
	ck_str_is(city->elements[3].layer, "city");
	ck_assert(city->elements[1].required && !base->elements[1].required);
	ck_assert(city->elements[0].pattern && !base->elements[0].pattern);
	ck_assert_int_eq(city->elements[0].protection, GT_MASK);
	ck_assert_uint_eq(city->rule_count, 2);
	/* The added code exists for the city only, for old and new elements alike. */
	ck_assert_ptr_null(gt_map_get(&base->elements[4].codes->by_code, GT_LIT("紫")));
	ck_assert_ptr_nonnull(gt_map_get(&city->elements[4].codes->by_code, GT_LIT("紫")));
	ck_assert_ptr_nonnull(gt_map_get(&city->elements[6].codes->by_code, GT_LIT("mauve")));
	ck_assert_ptr_nonnull(gt_map_get(&city->elements[4].codes->by_code, GT_LIT("红色")));
	/* A word that the city adds to a code of the base leads to that code, there only. */
	const struct gt_code_list *colours = city->elements[4].codes;
	ck_assert_uint_eq(colours->n, 3);
	ck_str_is(gt_code_find(colours, GT_LIT("绯"))->code, "red");
	ck_str_is(gt_code_find(colours, GT_LIT("桃红"))->code, "pink");
	ck_assert_ptr_null(gt_code_find(base->elements[4].codes, GT_LIT("绯")));
	ck_str_is(colours->v[0].layer, "base");
	ck_str_is(colours->v[2].layer, "city");
	/* What is added is no better confirmed because the rest is. */
	ck_assert_int_eq(base->elements[4].codes->status, GT_VERIFIED);
	ck_assert_int_eq(colours->status, GT_UNCONFIRMED);
	ck_str_is(colours->source, "the city");
	fixture_end(&f);
}
END_TEST

#define CODE(list, code, zh)                                                                       \
	"extend_codes: " list "\nrows:\n  " code ": {en: " code " hue, zh: " zh "}\n"

START_TEST(the_longest_prefix_wins_on_top_of_what_it_extends)
{
	struct fixture f;
	static const char *const divisions[] = {"420106", "420206", "430100"};
	static const bool has_mauve[] = {true, true, false}, has_teal[] = {true, false, false};

	fixture_start(&f);
	fixture_base(&f);
	fixture_put(&f, "province/package.yaml",
		"package: province\nversion: 2.0\n"
		"title: {en: P, zh: 省}\nlevel: province\nextends: base@1\ndivisions: [\"42\"]\n");
	fixture_put(&f, "province/codes.yaml", CODE("colour", "mauve", "紫"));
	fixture_put(&f, "city/package.yaml",
		"package: city\nversion: 3.1\ntitle: {en: City, zh: 市}\n"
		"level: city\nextends: province@2\ndivisions: [\"4201\"]\n");
	fixture_put(&f, "city/codes.yaml", CODE("colour", "teal", "青"));
	fixture_put(&f, "still/package.yaml",
		"package: still\nversion: 1.0\ntitle: {en: S, zh: 静}\n"
		"level: district\nextends: city@3\ndivisions: [\"420106\"]\n");
	ck_assert_ptr_nonnull(fixture_load(&f, "still@1", NULL));
	for (size_t i = 0; i < 3; i++) {
		const struct gt_map *codes = &trip(&f, divisions[i])->elements[4].codes->by_code;
		ck_assert_int_eq(gt_map_get(codes, GT_LIT("mauve")) != NULL, has_mauve[i]);
		ck_assert_int_eq(gt_map_get(codes, GT_LIT("teal")) != NULL, has_teal[i]);
	}
	/* An overlay that says nothing about an entity makes no variant of it. */
	ck_assert_uint_eq(gt_standard_variants(f.standard, GT_LIT("car.trip"), 2), 3);
	ck_str_is(trip(&f, "420106")->schema, "urn:jgsw:car:trip:2.4+city.3");
	fixture_end(&f);
}
END_TEST

UNIT_MAIN("overlay", UNIT_LOOP(a_mistake_is_told_at_its_place, sizeof mistakes / sizeof *mistakes),
	UNIT_TEST(an_overlay_adds_and_narrows),
	UNIT_TEST(the_longest_prefix_wins_on_top_of_what_it_extends))
