/* charset.h: what Chinese back ends send. Detection = BOM, strict UTF-8, strict GB18030, else none.
 */
#ifndef GUANTONG_CHARSET_H
#define GUANTONG_CHARSET_H

#include <guantong/error.h>

enum gt_charset {
	GT_CHARSET_NONE = 0,
	GT_CHARSET_UTF8,
	GT_CHARSET_GB18030,
	GT_CHARSET_UTF16LE,
	GT_CHARSET_UTF16BE
};

/* head: a document's first bytes; whole: nothing follows (a character cut off at the end of a head
 * that is not whole is no error). *bom = bytes of byte order mark. */
enum gt_charset gt_charset_detect(struct gt_str head, bool whole, size_t *bom);
const char *gt_charset_name(enum gt_charset charset);
enum gt_charset gt_charset_by_name(struct gt_str name); /* also GBK, GB2312, CP936 → GB18030 */

/* SIZE_MAX if valid UTF-8, else the offset of the first bad byte. */
size_t gt_utf8_bad(struct gt_str s);
bool gt_is_ascii(struct gt_str s);

/* A converter to UTF-8; one per format instance, not thread-safe. NULL: iconv lacks the charset. */
struct gt_converter;
struct gt_converter *gt_converter_new(enum gt_charset from);
void gt_converter_free(struct gt_converter *converter);
/* Converts all of `in` into out (size ≥ 3 × in.n + 4 suffices). False: *bad = offset of the first
 * byte that is no character; nothing usable in out. */
bool gt_converter_run(struct gt_converter *converter, struct gt_str in, char *out, size_t size,
	size_t *written, size_t *bad) GT_MUST_CHECK;

/* Does this system's iconv know GB18030, and as the standard of 2005 has it? Called once at start.
 * False: err (CONFIG) names the bytes that come out wrong. */
bool gt_charset_selftest(struct gt_err *err) GT_MUST_CHECK;

#endif
