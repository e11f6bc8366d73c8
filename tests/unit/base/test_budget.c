#include "budget.h"
#include "unit.h"
#include <pthread.h>

START_TEST(all_or_nothing)
{
	struct gt_budget budget;

	gt_budget_init(&budget, 100);
	ck_assert(gt_budget_take(&budget, 60));
	ck_assert(!gt_budget_take(&budget, 41));
	ck_assert(!gt_budget_take(&budget, SIZE_MAX));
	ck_assert(gt_budget_take(&budget, 40));
	gt_budget_give(&budget, 100);
	ck_assert_uint_eq(budget.used, 0);
	ck_assert_uint_eq(budget.peak, 100);
}
END_TEST

START_TEST(giving_back_too_much_aborts)
{
	struct gt_budget budget;

	gt_budget_init(&budget, 100);
	gt_budget_give(&budget, 1);
}
END_TEST

static void *take_and_give(void *arg)
{
	struct gt_budget *budget = arg;

	for (size_t i = 0; i < 20000; i++)
		if (gt_budget_take(budget, i % 50)) {
			ck_assert_uint_le(budget->used, budget->total);
			gt_budget_give(budget, i % 50);
		}
	return NULL;
}

START_TEST(threads_never_exceed_it)
{
	struct gt_budget budget;
	pthread_t threads[4];

	gt_budget_init(&budget, 100);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, take_and_give, &budget), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(budget.used, 0);
	ck_assert_uint_le(budget.peak, 100);
}
END_TEST

UNIT_MAIN("budget", UNIT_TEST(all_or_nothing), UNIT_ABORT(giving_back_too_much_aborts),
	UNIT_TEST(threads_never_exceed_it))
