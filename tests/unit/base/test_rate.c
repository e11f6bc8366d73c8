#include "rate.h"
#include "unit.h"
#include <stdio.h>

START_TEST(shows_so_many_and_counts_the_rest)
{
	static struct gt_rate rate = {.most = 3, .window_us = 60};
	struct gt_rate_slot slot;

	for (int i = 0; i < 10; i++) {
		ck_assert(gt_rate_admit(&rate, 1, GT_LIT("a"), i) == (i < 3));
		ck_assert(gt_rate_admit(&rate, 2, GT_LIT("a"), i) == (i < 3));
		ck_assert(i > 0 || gt_rate_admit(&rate, 1, GT_LIT("b"), i));
	}
	ck_assert(!gt_rate_overdue(&rate, 59, &slot));
	ck_assert(gt_rate_overdue(&rate, 60, &slot));
	ck_assert_uint_eq(slot.suppressed, 7);
	ck_assert_int_eq(slot.tag, 1);
	ck_assert_str_eq(slot.label, "a");
	ck_assert(gt_rate_overdue(&rate, 60, &slot));
	ck_assert_int_eq(slot.tag, 2);
	ck_assert(!gt_rate_overdue(&rate, 60, &slot));
	ck_assert(gt_rate_admit(&rate, 1, GT_LIT("a"), 61));
}
END_TEST

START_TEST(a_full_table_forgets_the_oldest)
{
	static struct gt_rate rate = {.most = 1, .window_us = 1000000};
	char label[100];

	for (int i = 0; i < (int)GT_RATE_SLOTS + 1; i++) {
		snprintf(label, sizeof label, "%080d", i);
		ck_assert(gt_rate_admit(&rate, 0, gt_cstr(label), i));
	}
	ck_assert(!gt_rate_admit(&rate, 0, gt_cstr(label), 500));
	snprintf(label, sizeof label, "%080d", 0);
	ck_assert(gt_rate_admit(&rate, 0, gt_cstr(label), 501));
}
END_TEST

UNIT_MAIN("rate", UNIT_TEST(shows_so_many_and_counts_the_rest),
	UNIT_TEST(a_full_table_forgets_the_oldest))
