#include "diff.h"
#include "standard_fixture.h"

#include "buf.h"

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

static void told(void *arg, const struct gt_change *change)
{
	static const char *const classes[] = {"wording", "compatible", "breaking"};

	gt_buf_addf(arg, "%s %.*s.%.*s %s %.*s>%.*s\n", classes[change->class],
		GT_STR_ARGS(change->entity), GT_STR_ARGS(change->name), change->property,
		GT_STR_ARGS(change->was), GT_STR_ARGS(change->is));
}

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
	{"base/trip.yaml", TRIP(SOUND), "breaking car.trip.in-order rule in-order>\n", 1},
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
		"wording .colour code title 红>大红\nbreaking .colour code pink>\n"
		"compatible .colour code >blue\n",
		0},
	{"base/trip.yaml",
		TRIP("  no: {title: {en: Number, zh: 编号}, type: text, required: true, "
		     "max_length: 21, pattern: 'A.*'}\n" LEFT BACK FAR HUE WHO) RULES,
		"compatible car.trip.no pattern >A.*\nbreaking car.trip.no max_length 20>21\n", 1},
};
#define CHANGES (sizeof changes / sizeof *changes)

START_TEST(a_change_is_classed_by_what_it_does_to_its_users)
{
	struct fixture before, after;
	struct gt_buf out;

	fixture_start(&before);
	fixture_base(&before);
	fixture_start(&after);
	fixture_base(&after);
	fixture_put(&after, changes[_i].file, changes[_i].text);
	ck_assert_ptr_nonnull(fixture_load(&before, "base@1", NULL));
	ck_assert_msg(fixture_load(&after, "base@1", NULL) != NULL, "case %d does not load", _i);
	gt_buf_init(&out, 65536);
	struct gt_diff_counts counts =
		gt_standard_diff(before.standard, after.standard, told, &out);
	ck_assert_str_eq(gt_buf_cstr(&out), changes[_i].expected);
	ck_assert_uint_eq(counts.unversioned, changes[_i].unversioned);
	gt_buf_fini(&out);
	fixture_end(&before);
	fixture_end(&after);
}
END_TEST

START_TEST(entities_and_lists_come_and_go)
{
	struct fixture before, after;
	struct gt_buf out;

	fixture_start(&before);
	fixture_base(&before);
	fixture_start(&after);
	fixture_base(&after);
	fixture_put(&after, "base/stop.yaml",
		"entity: car.stop\nversion: 1.0\ntitle: {en: Stop, zh: 停}\nkey: [no]\n"
		"elements:\n" NO);
	fixture_put(&after, "base/shapes.yaml",
		"codes: shape\ntitle: {en: Shape, zh: 形}\nrows:\n  round: {en: Round, zh: 圆}\n");
	ck_assert_ptr_nonnull(fixture_load(&before, "base@1", NULL));
	ck_assert_ptr_nonnull(fixture_load(&after, "base@1", NULL));
	gt_buf_init(&out, 65536);
	gt_standard_diff(before.standard, after.standard, told, &out);
	ck_assert_str_eq(gt_buf_cstr(&out),
		"compatible car.stop. entity >car.stop\ncompatible .shape code list >shape\n");
	gt_buf_clear(&out);
	gt_standard_diff(after.standard, before.standard, told, &out);
	ck_assert_str_eq(gt_buf_cstr(&out),
		"breaking car.stop. entity car.stop>\nbreaking .shape code list shape>\n");
	gt_buf_fini(&out);
	fixture_end(&before);
	fixture_end(&after);
}
END_TEST

UNIT_MAIN("diff", UNIT_LOOP(a_change_is_classed_by_what_it_does_to_its_users, CHANGES),
	UNIT_TEST(entities_and_lists_come_and_go))
