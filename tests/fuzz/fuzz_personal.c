/* Personal numbers in texts: what is found lies inside the text and behind the last one, hiding
 * never makes a text longer, and nothing is left to be found in a hidden one. */
#include "fuzz_words.h"
#include "gt_assert.h"
#include "personal.h"

#include <stdlib.h>

#define TODAY 19844 /* 2024-05-01 */

static void one(struct gt_str in, bool more)
{
	struct gt_personal found;
	char *out = malloc(in.n + 1);
	size_t from = 0, count = 0, hidden, n;

	GT_ASSERT(out);
	while (gt_personal_find(&fuzz_words, TODAY, more, in, from, &found)) {
		GT_ASSERT(found.at >= from && found.n > 0 && found.n <= in.n - found.at);
		from = found.at + found.n;
		count++;
	}
	n = gt_personal_hide(&fuzz_words, TODAY, more, in, out, &hidden);
	GT_ASSERT(hidden == count && n <= in.n);
	GT_ASSERT(!gt_personal_find(&fuzz_words, TODAY, more, gt_str(out, n), 0, &found));
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	one(gt_str((const char *)data, size), false);
	one(gt_str((const char *)data, size), true);
	return 0;
}
