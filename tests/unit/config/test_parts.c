#include "config_fixture.h"
#include "loading.h"

/* rows: is the adapter's too, title: and source: are of flows and sources. */
static const struct gt_option greedy_options[] = {
	{.name = "title", .type = GT_OPT_TEXT, .en = "e", .zh = "z"},
	{.name = "skip", .type = GT_OPT_TEXT, .en = "e", .zh = "z"},
	{.name = "source", .type = GT_OPT_TEXT, .en = "e", .zh = "z"}, {.name = NULL}};
GT_ADAPTER(greedy, .summary = "e", .summary_zh = "z", .self_size = sizeof(struct gt_str),
	.caps = GT_CAP_BYTES, .options = greedy_options, .open = never_open, .poll = never_poll,
	.close = never_close);

START_TEST(options_share_one_namespace)
{
	struct gt_diags diags = {0};
	struct gt_err err;

	register_fixtures();
	gt_namespaces_check(&diags);
	ck_assert_uint_eq(diags.n, 0);
	ck_assert(gt_registry_add(&guantong_adapter_greedy, &err));
	gt_namespaces_check(&diags);
	ck_assert_uint_eq(diags.n, 3);
	for (size_t i = 0; i < diags.n; i++) {
		ck_assert_int_eq(diags.v[i].err.code, GT_E_ADAPTER_UNSOUND);
		ck_assert_str_eq(gt_err_arg(&diags.v[i].err, 1), "greedy");
	}
	gt_diags_fini(&diags);
}
END_TEST

START_TEST(the_same_mistake_is_joined_once)
{
	struct gt_diags all = {0}, some = {0};
	struct gt_pos pos = {"a", 1, 2}, other = {"a", 1, 3};

	gt_diags_add(&all, pos, GT_E_OPTION_EMPTY, "x");
	gt_diags_add(&some, pos, GT_E_OPTION_EMPTY, "x");
	gt_diags_add(&some, pos, GT_E_OPTION_EMPTY, "y");
	gt_diags_add(&some, other, GT_E_OPTION_EMPTY, "x");
	some.dropped = 2;
	gt_diags_join(&all, &some);
	ck_assert_uint_eq(all.n, 3);
	ck_assert_uint_eq(all.dropped, 2);
	ck_assert_uint_eq(some.n, 0);
	gt_diags_fini(&all);
}
END_TEST

START_TEST(slugs)
{
	static const struct {
		const char *word;
		bool good;
	} cases[] = {{"a", true}, {"cars-2", true}, {"", false}, {"2a", false}, {"A", false},
		{"a_b", false}, {"a/b", false}, {"车", false}, {"abcdefgh", true},
		{"abcdefghi", false}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct gt_diags diags = {0};
		bool good =
			gt_slug_check(&diags, (struct gt_pos){0}, "x", gt_cstr(cases[i].word), 8);

		ck_assert_msg(good == cases[i].good, "%s", cases[i].word);
		ck_assert_uint_eq(diags.n, !good);
		gt_diags_fini(&diags);
	}
}
END_TEST

UNIT_MAIN("parts", UNIT_TEST(options_share_one_namespace),
	UNIT_TEST(the_same_mistake_is_joined_once), UNIT_TEST(slugs))
