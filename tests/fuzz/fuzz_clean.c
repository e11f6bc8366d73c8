/* Cleaning: total, never longer, idempotent. */
#include "clean.h"
#include "gt_assert.h"

#include <guantong/charset.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gt_str in = {(const char *)data, size};

	for (int how = GT_CLEAN_TEXT; how <= GT_CLEAN_FORM; how++) {
		char *once = malloc(size + 1), *twice = malloc(size + 1);
		uint64_t flags = 0, again = 0;
		size_t n = gt_clean(in, (enum gt_cleaning)how, once, &flags);
		GT_ASSERT((n == SIZE_MAX) == (gt_utf8_bad(in) != SIZE_MAX));
		if (n != SIZE_MAX) {
			GT_ASSERT(n <= size && gt_clean_is(gt_str(once, n), (enum gt_cleaning)how));
			GT_ASSERT(gt_clean(gt_str(once, n), (enum gt_cleaning)how, twice, &again) ==
				  n);
			GT_ASSERT(memcmp(once, twice, n) == 0 && again == 0);
		}
		GT_ASSERT(!gt_clean_is(in, (enum gt_cleaning)how) || (n == size && flags == 0));
		free(once);
		free(twice);
	}
	return 0;
}
