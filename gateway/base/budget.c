/* budget.c: one counter, never above its total. */
#include "budget.h"
#include "gt_assert.h"

void gt_budget_init(struct gt_budget *budget, size_t total)
{
	budget->total = total;
	atomic_init(&budget->used, 0);
	atomic_init(&budget->peak, 0);
}

bool gt_budget_take(struct gt_budget *budget, size_t bytes)
{
	size_t used = atomic_load_explicit(&budget->used, memory_order_relaxed);

	do {
		if (bytes > budget->total - used)
			return false;
	} while (!atomic_compare_exchange_weak(&budget->used, &used, used + bytes));

	size_t now = used + bytes, peak = atomic_load_explicit(&budget->peak, memory_order_relaxed);

	while (now > peak && !atomic_compare_exchange_weak(&budget->peak, &peak, now))
		;
	return true;
}

void gt_budget_give(struct gt_budget *budget, size_t bytes)
{
	size_t before = atomic_fetch_sub(&budget->used, bytes);

	GT_ASSERT(before >= bytes);
}
