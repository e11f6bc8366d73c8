#include "diff_fixture.h"

#define TRIP(rest)                                                                                 \
	"entity: car.trip\nversion: 2.4\ntitle: {en: Trip, zh: 行程}\nkey: [no]\n"               \
	"event_time: left\nelements:\n" rest
#define NO "  no: {title: {en: Number, zh: 编号}, type: text, required: true, max_length: 20}\n"
#define LEFT "  left: {title: {en: Left, zh: 出发}, type: time, max: 2100-01-01}\n"
#define BACK "  back: {title: {en: Back, zh: 返回}, type: time}\n"
#define FAR                                                                                        \
	"  far: {title: {en: Far, zh: 里程}, type: decimal, scale: 1, unit: km, min: 0, max: "   \
	"900.5}\n"
#define HUE "  hue: {title: {en: Hue, zh: 色}, type: code, codes: colour}\n"
#define WHO "  who: {title: {en: Who, zh: 谁}, type: text, protection: pseudonym}\n"
#define RULES                                                                                      \
	"rules:\n  in-order: {title: {en: In order, zh: 先后}, check: left <= back, on_breach: " \
	"reject}\n"
#define SOUND NO LEFT BACK FAR HUE WHO

/* The sound package, and the same with one file written over. */
static const struct {
	const char *file, *text, *expected;
	size_t unversioned;
} changes[] = {
	{"base/trip.yaml", TRIP(SOUND) RULES, "", 0},
	{"base/trip.yaml",
		TRIP(NO LEFT BACK "  far: {title: {en: Far, zh: 里程}, type: decimal, scale: 1, "
				  "unit: m, min: 0, max: 900.5}\n" HUE WHO) RULES,
		"breaking car.trip.far unit km>m\n", 1},
	{"base/trip.yaml",
		TRIP(NO LEFT BACK "  far: {title: {en: Far, zh: 里程}, type: decimal, scale: 1, "
				  "unit: km, min: 1, max: 901}\n" HUE WHO) RULES,
		"compatible car.trip.far min 0.0>1.0\nbreaking car.trip.far max 900.5>901.0\n", 1},
	{"base/trip.yaml", TRIP(NO LEFT BACK FAR WHO) RULES, "breaking car.trip.hue element hue>\n",
		1},
	{"base/trip.yaml", TRIP(SOUND "  more: {title: {en: More, zh: 更多}, type: text}\n") RULES,
		"compatible car.trip.more element >more\n", 1},
	{"base/trip.yaml",
		TRIP(SOUND "  more: {title: {en: More, zh: 更多}, type: text, required: true}\n")
			RULES,
		"breaking car.trip.more element >more\n", 1},
	{"base/trip.yaml",
		TRIP(NO LEFT BACK FAR HUE
			"  who: {title: {en: Who, zh: 何人}, type: text, protection: open}\n")
			RULES,
		"wording car.trip.who title 谁 · Who>何人 · Who\n"
		"breaking car.trip.who protection pseudonym>\n",
		1},
	{"base/trip.yaml", TRIP(SOUND),
		"breaking car.trip.in-order rule left <= back; else reject>\n", 1},
	{"base/trip.yaml",
		"entity: car.trip\nversion: 3.0\ntitle: {en: Trip, zh: 行程}\nkey: [no, left]\n"
		"elements:\n" NO "  left: {title: {en: Left, zh: 出发}, type: time, max: "
		"2100-01-01, required: true}\n" BACK FAR HUE WHO RULES,
		"breaking car.trip. key no>no left\nbreaking car.trip. event_time left>\n"
		"breaking car.trip.left required >true\n",
		0},
	{"base/codes.yaml",
		"codes: colour\ntitle: {en: Colour, zh: 颜色}\nrows:\n"
		"  red: {en: Red, zh: 大红}\n  blue: {en: Blue, zh: 蓝}\n",
		"wording .colour code title 红>大红 (base)\nbreaking .colour code pink> (base)\n"
		"compatible .colour code >blue (base)\n",
		1},
	{"base/trip.yaml",
		TRIP("  no: {title: {en: Number, zh: 编号}, type: text, required: true, "
		     "max_length: 21, pattern: 'A.*'}\n" LEFT BACK FAR HUE WHO) RULES,
		"compatible car.trip.no pattern >A.*\nbreaking car.trip.no max_length 20>21\n", 1},
	/* The head. */
	{"base/trip.yaml",
		"entity: car.trip\nversion: 2.4\ntitle: {en: Journey, zh: 旅程}\nkey: [no]\n"
		"definition: {en: One trip., zh: 一次行程。}\nevent_time: left\nelements:\n" SOUND
			RULES,
		"wording car.trip. title 行程 · Trip>旅程 · Journey\n"
		"wording car.trip. definition  · >一次行程。 · One trip.\n",
		0},
	/* Definitions, sources and the rest that only says it better. */
	{"base/trip.yaml",
		TRIP(NO LEFT BACK FAR HUE
			"  who: {title: {en: Who, zh: 谁}, definition: {en: A person., zh: "
			"人员。}, type: text, protection: pseudonym, source: GB, "
			"status: verified, synonyms: [SJ]}\n") RULES,
		"wording car.trip.who definition >人员。 · A person.\n"
		"wording car.trip.who synonyms >SJ\nwording car.trip.who source >GB\n"
		"wording car.trip.who status unconfirmed>verified\n",
		0},
	/* Types, decimals, lists, formats, patterns, lengths. */
	{"base/trip.yaml",
		TRIP(NO LEFT BACK
			"  far: {title: {en: Far, zh: 里程}, type: int, unit: km, min: 0, max: "
			"900}\n" HUE WHO) RULES,
		"breaking car.trip.far type decimal>int\nbreaking car.trip.far scale 1>\n"
		"wording car.trip.far min 0.0>0\ncompatible car.trip.far max 900.5>900\n",
		1},
	{"base/trip.yaml",
		TRIP(NO LEFT BACK
			"  far: {title: {en: Far, zh: 里程}, type: decimal, scale: 2, unit: km, "
			"min: 0, max: 900.5}\n" HUE WHO) RULES,
		"breaking car.trip.far scale 1>2\nwording car.trip.far min 0.0>0.00\n"
		"wording car.trip.far max 900.5>900.50\n",
		1},
	{"base/trip.yaml",
		TRIP(NO LEFT BACK FAR HUE
			"  who: {title: {en: Who, zh: 谁}, type: text, protection: mask, "
			"format: uscc, pattern: '1.*'}\n") RULES,
		"breaking car.trip.who format >uscc\ncompatible car.trip.who pattern >1.*\n"
		"breaking car.trip.who protection pseudonym>mask\n",
		1},
	{"base/trip.yaml",
		TRIP("  no: {title: {en: Number, zh: 编号}, type: text, required: true, "
		     "max_length: 10}\n" LEFT BACK FAR HUE WHO) RULES,
		"compatible car.trip.no max_length 20>10\n", 1},
	/* A limit that goes, one that comes, one that moves. */
	{"base/trip.yaml",
		TRIP(NO "  left: {title: {en: Left, zh: 出发}, type: time, min: 2000-01-01}\n" BACK
				FAR HUE WHO) RULES,
		"compatible car.trip.left min >2000-01-01\nbreaking car.trip.left max "
		"2100-01-01>\n",
		1},
	{"base/trip.yaml",
		TRIP(NO LEFT
			"  back: {title: {en: Back, zh: 返回}, type: time, required: true}\n" FAR
				HUE WHO) RULES,
		"breaking car.trip.back required >true\n", 1},
	{"base/trip.yaml",
		TRIP(NO "  left: {title: {en: Left, zh: 出发}, type: time, max: 2090-01-01}\n" BACK
				FAR HUE WHO) RULES,
		"compatible car.trip.left max 2100-01-01>2090-01-01\n", 1},
	/* Rules. */
	{"base/trip.yaml",
		TRIP(SOUND) "rules:\n  in-order: {title: {en: In order, zh: 先后}, check: left <= "
			    "back}\n",
		"breaking car.trip.in-order rule left <= back; else reject>left <= back\n", 1},
	{"base/trip.yaml",
		TRIP(SOUND) "rules:\n  in-order: {title: {en: Order, zh: 顺序}, check: left <= "
			    "back, "
			    "on_breach: reject}\n  more: {title: {en: More, zh: 更}, check: "
			    "has(far) or has(hue)}\n",
		"wording car.trip.in-order rule title 先后>顺序\n"
		"compatible car.trip.more rule >has(far) or has(hue)\n",
		1},
};
#define CHANGES (sizeof changes / sizeof *changes)

START_TEST(a_change_is_classed_by_what_it_does_to_its_users)
{
	const struct file is[] = {{changes[_i].file, changes[_i].text}, {NULL}};

	diff_expect(_i, NULL, NULL, is, changes[_i].expected, changes[_i].unversioned);
}
END_TEST

#define STOP "entity: car.stop\nversion: 1.0\ntitle: {en: Stop, zh: 停}\nkey: [no]\nelements:\n" NO
#define SHAPE "codes: shape\ntitle: {en: Shape, zh: 形}\nrows:\n  round: {en: Round, zh: 圆}\n"

START_TEST(entities_and_lists_come_and_go)
{
	const struct file more[] = {{"base/stop.yaml", STOP}, {"base/shapes.yaml", SHAPE}, {NULL}};

	diff_expect(0, NULL, NULL, more,
		"compatible car.stop. entity >car.stop\ncompatible .shape code list >shape "
		"(base)\n",
		1);
	diff_expect(1, NULL, more, NULL,
		"breaking car.stop. entity car.stop>\nbreaking .shape code list shape> (base)\n",
		1);
}
END_TEST

/* A new major beside the old one is a topic more; instead of it, it is what became of it. */
START_TEST(majors_stand_side_by_side_or_follow_each_other)
{
	const struct file beside[] = {
		{"base/trip3.yaml", "entity: car.trip\nversion: 3.0\ntitle: {en: Trip, zh: 行程}\n"
				    "key: [no]\nelements:\n" NO},
		{NULL}};

	diff_expect(0, NULL, NULL, beside, "compatible car.trip. major >car.trip\n", 0);
	diff_expect(1, NULL, beside, NULL, "breaking car.trip. major car.trip>\n", 0);
}
END_TEST

UNIT_MAIN("diff", UNIT_LOOP(a_change_is_classed_by_what_it_does_to_its_users, CHANGES),
	UNIT_TEST(entities_and_lists_come_and_go),
	UNIT_TEST(majors_stand_side_by_side_or_follow_each_other))
