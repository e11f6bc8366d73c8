#include "examples.h"
#include "fixture.h"

static char heard[4096];

static void hear(void *arg, const struct gt_example *example, const struct gt_err *err)
{
	char sentence[1024];

	(void)example;
	++*(size_t *)arg;
	strcat(heard, gt_err_sentence_in(err, GT_EN, sentence, sizeof sentence));
	strcat(heard, "\n");
}

START_TEST(wrong_examples_are_told)
{
	struct gt_str specs[] = {GT_LIT("wrong@1")};
	struct gt_diags diags = {0};
	const char *root = getenv("GT_SOURCE_ROOT");
	char path[1024];
	size_t told = 0;

	snprintf(path, sizeof path, "%s/tests/unit/normalise/standard:%s/standards",
		root ? root : ".", root ? root : ".");
	struct gt_standard *standard = gt_standard_load(path, specs, 1, GT_LIT("jgsw"), &diags);
	ck_assert(standard != NULL);
	ck_assert_uint_eq(gt_examples_run(standard, hear, &told), 4);
	ck_assert_uint_eq(told, 4);
	ck_assert_str_eq(heard, "example “wrong value”: length became 2.0, not 3.0\n"
				"example “flag not listed”: unexpected length.unit-in-value\n"
				"example “flag not raised”: length.approx is missing\n"
				"example “reason not listed”: unexpected GT2101\n");
	gt_standard_unref(standard);
}
END_TEST

UNIT_MAIN("examples", UNIT_TEST(wrong_examples_are_told))
