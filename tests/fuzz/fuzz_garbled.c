/* Garbled texts: total; what is read anew is UTF-8, not longer, and no longer suspect of the same.
 */
#include "garbled.h"
#include "gt_assert.h"

#include <guantong/charset.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gt_garbled *garbled;
	struct gt_str in = {(const char *)data, size};
	char *out = malloc(size + 1);
	size_t n = 0;

	if (!garbled)
		garbled = gt_garbled_new();
	if (gt_utf8_bad(in) == SIZE_MAX &&
		gt_garbled_read(garbled, in, out, &n) == GT_GARBLED_REGAINED)
		GT_ASSERT(n <= size && gt_utf8_bad(gt_str(out, n)) == SIZE_MAX);
	free(out);
	return 0;
}
