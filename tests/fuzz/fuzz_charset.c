/* Any bytes: what is detected converts; what is UTF-8 stays; iconv's own UTF-8 check agrees with
 * ours. */
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>

#include "gt_assert.h"
#include <guantong/charset.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Offset of the first byte that iconv refuses as UTF-8. */
static size_t iconv_bad(struct gt_str s)
{
	iconv_t cd = iconv_open("UTF-32LE", "UTF-8");
	union {
		const char *in;
		char *passed;
	} from = {s.p};
	char *out = malloc(4 * s.n + 4), *to = out;
	size_t left = s.n, room = 4 * s.n + 4;
	size_t result = iconv(cd, &from.passed, &left, &to, &room);
	free(out);
	iconv_close(cd);
	return result == (size_t)-1 ? s.n - left : SIZE_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gt_str s = gt_str((const char *)data, size);
	size_t bom, n = 0, bad = 0;
	enum gt_charset charset = gt_charset_detect(s, true, &bom);
	GT_ASSERT(bom <= size);
	GT_ASSERT(gt_utf8_bad(s) == iconv_bad(s));
	GT_ASSERT(!gt_is_ascii(s) || gt_utf8_bad(s) == SIZE_MAX);
	if (charset == GT_CHARSET_NONE)
		return 0;
	struct gt_converter *converter = gt_converter_new(charset);
	char *out = malloc(3 * size + 4);
	GT_ASSERT(converter && out);
	if (gt_converter_run(converter, s, out, 3 * size + 4, &n, &bad))
		GT_ASSERT(gt_utf8_bad(gt_str(out, n)) == SIZE_MAX);
	else
		GT_ASSERT(bad < size);
	free(out);
	gt_converter_free(converter);
	return 0;
}
