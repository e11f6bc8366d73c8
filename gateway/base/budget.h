/* budget.h: the one memory budget of all batches, bodies and parsers. Reserved before a poll, never
 * awaited while holding any. Any thread. */
#ifndef GT_BASE_BUDGET_H
#define GT_BASE_BUDGET_H

#include <guantong/str.h>
#include <stdatomic.h>

struct gt_budget {
	size_t total;
	_Atomic size_t used;
	_Atomic size_t peak;
};
void gt_budget_init(struct gt_budget *budget, size_t total);
bool gt_budget_take(struct gt_budget *budget, size_t bytes) GT_MUST_CHECK; /* all or nothing */
void gt_budget_give(struct gt_budget *budget, size_t bytes);

#endif
