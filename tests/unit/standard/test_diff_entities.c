#include "diff_fixture.h"

#define CITY(version, base, divisions)                                                             \
	"package: city\nversion: " version                                                         \
	"\ntitle: {en: City, zh: 市}\nlevel: city\nextends: " base "\ndivisions: [" divisions      \
	"]\n"
#define PROVINCE                                                                                   \
	"package: province\nversion: 1.0\ntitle: {en: Province, zh: 省}\nlevel: province\n"       \
	"extends: base@1\ndivisions: [\"42\"]\n"
#define EXTEND(rows) "extend_entity: car.trip@2\nelements:\n" rows
#define MORE "  more: {title: {en: More, zh: 更}, type: text}\n"

/* The city's files, before and after; its package.yaml says 3.1 unless the newer one is given. */
static const struct {
	const char *was, *is, *package, *expected;
	size_t unversioned;
} changes[] = {
	{EXTEND("  far: {max: 500}\n"), EXTEND("  far: {max: 500}\n"), NULL, "", 0},
	{EXTEND("  far: {max: 500}\n"), EXTEND("  far: {max: 400}\n"), NULL,
		"compatible car.trip.far max 500.0>400.0 (city)\n", 1},
	{EXTEND("  far: {max: 500}\n"), EXTEND("  far: {max: 400}\n"),
		CITY("3.2", "base@1", "\"4201\""),
		"compatible car.trip.far max 500.0>400.0 (city)\n", 0},
	{EXTEND("  far: {max: 500}\n"), EXTEND("  far: {max: 600}\n"),
		CITY("3.2", "base@1", "\"4201\""), "breaking car.trip.far max 500.0>600.0 (city)\n",
		1},
	{EXTEND("  far: {max: 500}\n" MORE), EXTEND("  far: {max: 500}\n"), NULL,
		"breaking car.trip.more element more> (city)\n", 1},
	{EXTEND("  far: {max: 500}\n"), EXTEND("  far: {max: 500}\n" MORE), NULL,
		"compatible car.trip.more element >more (city)\n", 1},
	{EXTEND("  far: {max: 500}\n") "rules:\n  r: {title: {en: R, zh: 规}, check: has(far) or "
				       "has(hue)}\n",
		EXTEND("  far: {max: 500}\n") "rules:\n  r: {title: {en: R, zh: 规}, check: "
					      "has(far) or has(hue), "
					      "on_breach: reject}\n",
		NULL,
		"compatible car.trip.r rule has(far) or has(hue)>has(far) or has(hue); else reject "
		"(city)\n",
		1},
	{EXTEND("  far: {max: 500}\n"), EXTEND("  far: {max: 500}\n"),
		CITY("3.2", "base@1", "\"4201\", \"4202\""),
		"compatible .city divisions 4201>4201 4202 (city)\n", 0},
	{EXTEND("  far: {max: 500}\n"), EXTEND("  far: {max: 500}\n"),
		CITY("3.2", "base@1", "\"4202\""), "breaking .city divisions 4201>4202 (city)\n",
		1},
	{EXTEND("  far: {max: 500}\n"), EXTEND("  far: {max: 500}\n"),
		CITY("3.2", "province@1", "\"4201\""),
		"compatible .city extends base@1>province@1 (city)\n"
		"compatible .province overlay >province (province)\n",
		0},
};

START_TEST(an_overlay_is_compared_beyond_what_it_stands_on)
{
	static const char older[] = CITY("3.1", "base@1", "\"4201\"");
	const struct file was[] = {
		{"city/package.yaml", older}, {"city/trip.yaml", changes[_i].was}, {NULL}};
	const struct file is[] = {
		{"city/package.yaml", changes[_i].package ? changes[_i].package : older},
		{"city/trip.yaml", changes[_i].is}, {"province/package.yaml", PROVINCE}, {NULL}};

	diff_expect(_i, "city@3", was, is, changes[_i].expected, changes[_i].unversioned);
}
END_TEST

/* What the nation changes is told once, not again for every overlay that inherits it. */
START_TEST(what_is_inherited_is_told_once)
{
	static const char package[] = CITY("3.1", "base@1", "\"4201\"");
	const struct file was[] = {{"city/package.yaml", package},
		{"city/trip.yaml", EXTEND("  far: {max: 500}\n")},
		{"city/codes.yaml", "extend_codes: colour\nrows:\n  mauve: {en: Mauve, zh: 紫}\n"},
		{NULL}};
	const struct file is[] = {
		{"base/trip.yaml",
			"entity: car.trip\nversion: 2.5\ntitle: {en: Trip, zh: 行程}\nkey: [no]\n"
			"event_time: left\nelements:\n"
			"  no: {title: {en: Number, zh: 编号}, type: text, required: true, "
			"max_length: "
			"20}\n"
			"  left: {title: {en: Left, zh: 出发}, type: time, max: 2100-01-01}\n"
			"  back: {title: {en: Back, zh: 返回}, type: time, max: 2100-01-01}\n"
			"  far: {title: {en: Far, zh: 里程}, type: decimal, scale: 1, unit: km, "
			"min: "
			"0, max: 900.5}\n"
			"  hue: {title: {en: Hue, zh: 色}, type: code, codes: colour}\n"
			"  who: {title: {en: Who, zh: 谁}, type: text, protection: pseudonym}\n"
			"  new: {title: {en: New, zh: 新}, type: text}\n"
			"rules:\n  in-order: {title: {en: In order, zh: 先后}, check: left <= "
			"back, "
			"on_breach: reject}\n"},
		{"base/codes.yaml",
			"codes: colour\ntitle: {en: Colour, zh: 颜色}\nstatus: verified\n"
			"rows:\n  red: {en: Red, zh: 红, synonyms: [红色]}\n"
			"  pink: {en: Pink, zh: 粉, from: 2010-01-01, to: 2020-12-31, "
			"successor: red}\n  blue: {en: Blue, zh: 蓝}\n"},
		{"city/package.yaml", package}, {"city/trip.yaml", EXTEND("  far: {max: 500}\n")},
		{"city/codes.yaml", "extend_codes: colour\nrows:\n  teal: {en: Teal, zh: 青}\n"
				    "  red: {synonyms: [绯]}\n"},
		{NULL}};

	diff_expect(0, "city@3", was, is,
		"compatible car.trip.back max >2100-01-01\n"
		"compatible car.trip.new element >new\n"
		"breaking .colour code mauve> (city)\n"
		"compatible .colour code >teal (city)\n"
		"wording .colour synonym >绯 (city)\n"
		"compatible .colour code >blue (base)\n",
		2);
}
END_TEST

START_TEST(an_overlay_that_goes_takes_its_elements_along)
{
	const struct file was[] = {
		{"city/package.yaml", CITY("3.1", "base@1", "\"4201\"")}, {NULL}};
	struct fixture before, after;
	struct gt_buf out;

	fixture_start(&before);
	fixture_base(&before);
	fixture_put(&before, was[0].name, was[0].text);
	fixture_start(&after);
	fixture_base(&after);
	ck_assert_ptr_nonnull(fixture_load(&before, "city@3", NULL));
	ck_assert_ptr_nonnull(fixture_load(&after, "base@1", NULL));
	gt_buf_init(&out, 4096);
	gt_standard_diff(before.standard, after.standard, diff_told, &out);
	ck_assert_str_eq(gt_buf_cstr(&out), "breaking .city overlay city> (city)\n");
	gt_buf_fini(&out);
	fixture_end(&before);
	fixture_end(&after);
}
END_TEST

UNIT_MAIN("diff_entities",
	UNIT_LOOP(
		an_overlay_is_compared_beyond_what_it_stands_on, sizeof changes / sizeof *changes),
	UNIT_TEST(what_is_inherited_is_told_once),
	UNIT_TEST(an_overlay_that_goes_takes_its_elements_along))
