#include "gt_assert.h"
#include "unit.h"

START_TEST(a_broken_invariant_aborts)
{
	GT_ASSERT(1 + 1 == 3);
}
END_TEST

START_TEST(a_kept_one_does_not)
{
	GT_ASSERT(1 + 1 == 2);
}
END_TEST

/* So that the sanitizer's allocator answers as the system's does. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

START_TEST(impossible_memory_aborts)
{
	void *p = gt_alloc(SIZE_MAX / 2);

	free(p);
}
END_TEST

START_TEST(memory_is_zeroed_and_text_copied)
{
	char *p = gt_alloc(100), *copy = gt_strdup(gt_str("贯通xyz", 6));

	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(p[i], 0);
	p[99] = 'z';
	p = gt_realloc(p, 1000);
	ck_assert_int_eq(p[99], 'z');
	ck_assert_str_eq(copy, "贯通");
	free(copy);
	copy = gt_strdup(gt_cstr(NULL));
	ck_assert_str_eq(copy, "");
	free(copy);
	free(p);
	free(gt_alloc(0));
}
END_TEST

UNIT_MAIN("gt_assert", UNIT_ABORT(a_broken_invariant_aborts), UNIT_TEST(a_kept_one_does_not),
	UNIT_ABORT(impossible_memory_aborts), UNIT_TEST(memory_is_zeroed_and_text_copied))
